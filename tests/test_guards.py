"""What must hold for every type and field that is served, now and later."""

import inspect
import os
import pkgutil
import types
import typing
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLUnionType,
    build_ast_schema,
    parse,
    print_ast,
)
from strawberry.types.field import StrawberryField

import models
from executor.declare import METADATA_KEY, Relation
from gateway.answering import OPEN_MUTATIONS
from kit.settings import Settings
from kit.statements import Record
from models.base import Row
from schema.root import build_schema

ROOT = Path(__file__).parent.parent
DESIGN = Path(os.environ.get("CROSSFADE_DESIGN", ROOT.parent / "shared" / "design"))
CONTRACT = DESIGN / "schema.graphql"

OPEN_QUERIES = {"viewer", "serviceLimits", "node", "nodes"}
"""Anybody may ask these; what they answer is for row security to say."""
COMPUTED = {"ReactionRow": {"count"}}
"""Columns of rows that no table has; they are aggregates, which always have a value."""
DEVIATIONS: dict[str, str] = {}
"""Where the contract is not followed, by type or Type.field, and why."""


SCHEMA = build_schema(Settings(_env_file=None), is_sorted=True)  # type: ignore[call-arg]
SDL = SCHEMA.as_str()
for module in pkgutil.iter_modules(models.__path__, "models."):
    import_module(module.name)


# The contract that clients see


def described(document: DocumentNode) -> Iterator[tuple[str, Any]]:
    """Every definition, field, argument, value and input field, by its path."""
    for definition in document.definitions:
        where = definition.name.value
        yield where, definition
        children = (getattr(definition, kind, None) or () for kind in ("fields", "values"))
        for child in chain.from_iterable(children):
            yield f"{where}.{child.name.value}", child
            for argument in getattr(child, "arguments", None) or ():
                yield f"{where}.{child.name.value}({argument.name.value})", argument


def test_everything_is_described():
    bare = [where for where, node in described(parse(SDL)) if node.description is None]
    assert bare == []


def test_within_a_union_or_an_interface_a_field_name_has_one_type():
    built = build_ast_schema(parse(SDL))
    wrong = []
    for abstract in built.type_map.values():
        if not isinstance(abstract, GraphQLUnionType | GraphQLInterfaceType):
            continue
        found = defaultdict(set)
        for member in built.get_possible_types(abstract):
            for name, field in member.fields.items():
                found[name].add(str(field.type))
        wrong += [f"{abstract}.{name}: {sorted(kinds)}" for name, kinds in found.items() if len(kinds) > 1]
    assert wrong == []


def test_the_committed_sdl_is_the_one_that_is_served():
    committed = (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")
    assert committed == SDL + "\n", "print it again: crossfade sdl > schema/schema.graphql"


def facts(document: DocumentNode) -> dict[str, str]:
    """What a client relies on, by path: kinds, types with their nullability, defaults, members."""
    found = {}
    for where, node in described(document):
        default = getattr(node, "default_value", None)
        found[where] = (
            f"{print_ast(node.type)} = {print_ast(default)}"
            if default
            else (print_ast(node.type) if getattr(node, "type", None) else node.kind)
        )
        for member in (*(getattr(node, "types", None) or ()), *(getattr(node, "interfaces", None) or ())):
            found[f"{where} & {member.name.value}"] = "member"
        for directive in getattr(node, "directives", None) or ():
            found[f"{where} @{directive.name.value}"] = print_ast(directive)
    return found


def test_what_is_served_is_a_part_of_the_contract():
    if not CONTRACT.exists():
        pytest.skip("the contract is not on this machine; CROSSFADE_DESIGN names its folder")
    contract = facts(parse(CONTRACT.read_text(encoding="utf-8")))
    wrong = {
        where: (fact, contract.get(where))
        for where, fact in facts(parse(SDL)).items()
        if contract.get(where) != fact and where not in DEVIATIONS
    }
    assert wrong == {}


# Nullability


def fields_of_rows() -> Iterator[tuple[str, Any, StrawberryField, bool]]:
    """Type.field, the class of the rows, the declaration, and whether the SDL says that it is never null."""
    for name, made in SCHEMA.schema_converter.type_map.items():
        row = getattr(getattr(made.definition, "origin", None), "__row__", None)
        if row is None:
            continue
        for field in made.definition.fields:
            graphql_name = SCHEMA.config.name_converter.from_field(field)
            is_required = isinstance(made.implementation.fields[graphql_name].type, GraphQLNonNull)
            yield f"{name}.{graphql_name}", row, field, is_required


def may_be_none(annotation: Any) -> bool:
    parts = typing.get_args(annotation)
    return typing.get_origin(annotation) in {typing.Union, types.UnionType} and type(None) in parts


def annotations(row: type) -> dict[str, Any]:
    return typing.get_type_hints(row)


@cache
def table_of(row: type[Record]) -> Any:
    """The table beside which the row stands, and with which it has most columns in common."""
    tables = [each for each in Row.__subclasses__() if each.__module__ == row.__module__]
    columns = set(annotations(row)) - set(annotations(Record))
    return max(tables, key=lambda table: len(columns & set(table.__table__.c.keys()))).__table__


class AnyRow:
    """Tells which column a relation reads. What it answers is falsy, as a column without a value."""

    def __getattr__(self, name: str) -> list[str]:
        return ColumnName(name)


class ColumnName(str):
    __slots__ = ()

    def __bool__(self) -> bool:
        return False


def test_a_row_has_the_nullability_of_its_table():
    rows = {row for _, row, _, _ in fields_of_rows() if issubclass(row, Record)}
    wrong = []
    for row in rows:
        columns = table_of(row).c
        for name, annotation in annotations(row).items():
            if (
                name not in COMPUTED.get(row.__name__, ())
                and may_be_none(annotation) != columns[name].nullable
            ):
                wrong.append(f"{row.__name__}.{name}")
    assert wrong == []
    assert len(rows) >= 7


async def test_the_database_has_the_nullability_of_its_tables(admin):
    required = await admin.fetch(
        "select attrelid::regclass::text as table, attname as column from pg_attribute"
        " where attnum > 0 and attnotnull and not attisdropped"
    )
    kept = {(row["table"], row["column"]) for row in required}
    wrong = [
        f"{table}.{column.name}"
        for table in Row.metadata.tables.values()
        for column in table.c
        if ((table.name, column.name) in kept) == column.nullable
    ]
    assert wrong == []


def test_a_field_that_is_a_column_has_the_nullability_of_the_column():
    plain = {
        where: (may_be_none(annotations(row)[field.python_name]), is_required)
        for where, row, field, is_required in fields_of_rows()
        if field.base_resolver is None
    }
    assert [where for where, (is_nullable, is_required) in plain.items() if is_nullable == is_required] == []
    assert len(plain) >= 40


def test_a_relation_is_required_where_its_key_is():
    relations, wrong = 0, []
    for where, row, field, is_required in fields_of_rows():
        declared: Relation | None = field.metadata.get(METADATA_KEY)
        if declared is None:
            continue
        relations += 1
        column = declared.key(AnyRow())
        has_key = column is not None and not may_be_none(annotations(row)[column])
        if has_key != is_required:
            wrong.append(where)
    assert wrong == []
    assert relations >= 10


def test_a_resolver_that_may_answer_none_has_a_nullable_field():
    wrong = []
    for name, made in SCHEMA.schema_converter.type_map.items():
        for field in getattr(made.definition, "fields", ()):
            resolver = getattr(field, "base_resolver", None)
            answer = inspect.signature(resolver.wrapped_func).return_annotation if resolver else Any
            if answer in {Any, inspect.Signature.empty} or getattr(made.definition, "is_input", False):
                continue
            graphql_name = SCHEMA.config.name_converter.from_field(field)
            is_required = isinstance(made.implementation.fields[graphql_name].type, GraphQLNonNull)
            if may_be_none(answer) == is_required:
                wrong.append(f"{name}.{graphql_name}: {answer}")
    assert wrong == []


# Doors


def without_door(root: str) -> set[str]:
    definition = SCHEMA.get_type_by_name(root)
    names = SCHEMA.config.name_converter
    return {names.from_field(field) for field in definition.fields if not field.permission_classes}


def test_every_root_field_has_a_front_door_save_those_that_are_named():
    assert without_door("Mutation") == OPEN_MUTATIONS == {"signUp", "signIn", "refreshSession"}
    assert without_door("Subscription") == set()
    assert without_door("Query") == OPEN_QUERIES
