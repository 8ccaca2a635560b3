"""Makes a plan of an operation: what of it does not depend on the data is decided here, once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import strawberry
from graphql import (
    DocumentNode,
    GraphQLField,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from executor.abstract import Abstract
from executor.columns import Completer, Lists, Nullable, Objects, Required
from executor.fields import Field
from executor.holes import OpenField
from executor.info import FieldFacts
from executor.leaves import Leaf, LeafColumn
from executor.operation import Operation, is_incremental, operation_of
from executor.plan import Plan
from executor.resolvers import Ways, definition_of
from executor.rows import Constant, Entry, Filled, Inline
from executor.selection import Selection

Details = list[FieldDetails]
IsOpen = Callable[[str], bool]
"""Whether fields of that name are left open, to be filled for each who is told."""


class NotPlanned(Exception):  # noqa: N818 - not an error: graphql-core answers
    """What cannot be honoured here."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def compile_plan(
    schema: strawberry.Schema,
    document: DocumentNode,
    operation_name: str | None,
    steering: Mapping[str, Any],
    is_open: IsOpen | None = None,
) -> Plan:
    """The plan of a validated operation, for these values of the variables in its @skip and @include.

    With `is_open` it answers with holes (executor.sharing).

    Raises NotPlanned where graphql-core has to answer, GraphQLError where there is no such operation.
    """
    operation = operation_of(schema._schema, document, operation_name)  # noqa: SLF001 - strawberry has no other name for it
    if reason := _reason_against(schema, document):
        raise NotPlanned(reason)
    try:
        return Plan(operation, _Compiler(schema, operation, steering, is_open).root())
    except RecursionError:
        reason = "depth"
    raise NotPlanned(reason)  # out of the block, or the error would keep all its frames


def _reason_against(schema: strawberry.Schema, document: DocumentNode) -> str | None:
    if any(extension._implements_resolve() for extension in schema.get_extensions()):  # noqa: SLF001 - as strawberry asks
        return "resolve_hook"
    if schema.execution_context_class not in {None, StrawberryGraphQLCoreExecutionContext}:
        return "execution_context"
    return "incremental" if is_incremental(document) else None


class _Compiler:
    def __init__(
        self,
        schema: strawberry.Schema,
        operation: Operation,
        steering: Mapping[str, Any],
        is_open: IsOpen | None,
    ) -> None:
        self._operation = operation
        self._is_open = is_open
        self._schema = operation.schema
        self._fragments = operation.fragment_details
        self._variables = VariableValues({}, dict(steering))
        self._ways = Ways(schema)
        self._leaves: dict[GraphQLLeafType, Leaf] = {}

    def root(self) -> Selection:
        type_ = self._schema.get_root_type(self._operation.kind)
        if type_ is None:
            raise NotPlanned("no_root")
        collected = collect_fields(
            self._schema, self._fragments, self._variables, type_, self._operation.node
        )
        return self._selection(type_, collected.grouped_field_set)

    def _selection(self, type_: GraphQLObjectType, fields: Mapping[str, Details]) -> Selection:
        entries: list[Entry] = []
        made: dict[str, Field] = {}
        required = []
        for key, details in fields.items():
            name = details[0].node.name.value
            if name == "__typename":
                entries.append(Constant(key, type_.name))
                continue
            field = self._schema.get_field(type_, name)
            if field is None:
                continue  # an operation that was not validated: graphql-core leaves it out
            made[key] = self._field(type_, key, field, details)
            entries.append(self._entry(key, name, field))
            if is_non_null_type(field.type) and self._operation.is_bubbling:
                required.append(key)
        return Selection(entries, made, required)

    def _entry(self, key: str, field_name: str, field: GraphQLField) -> Entry:
        is_required = is_non_null_type(field.type)
        named = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        definition = definition_of(field)
        if (
            definition is None
            or self._leaves_open(field_name)
            or not is_leaf_type(named)
            or self._ways.default is not getattr
            or not self._ways.is_attribute(field)
        ):
            return Filled(key)
        return Inline(key, definition.python_name, self._leaf(named), is_required=is_required)

    def _field(self, type_: GraphQLObjectType, key: str, field: GraphQLField, details: Details) -> Field:
        nodes = [each.node for each in details]
        facts = FieldFacts(nodes[0].name.value, nodes, field.type, type_)
        reader = self._ways.reader(field, facts)
        if not self._leaves_open(facts.field_name):
            return Field(key, facts, reader, self._completer(field.type, facts, details))
        with self._opening(None):  # what stands in a hole is completed when it is filled
            return OpenField(key, facts, reader, self._completer(field.type, facts, details))

    @contextmanager
    def _opening(self, is_open: IsOpen | None) -> Iterator[None]:
        former, self._is_open = self._is_open, is_open
        try:
            yield
        finally:
            self._is_open = former

    def _leaves_open(self, name: str) -> bool:
        return self._is_open is not None and self._is_open(name)

    def _completer(self, type_: GraphQLOutputType, facts: FieldFacts, details: Details) -> Completer:
        if isinstance(type_, GraphQLNonNull):
            inner = self._nullable(type_.of_type, facts, details)
            label = f"{facts.parent_type}.{facts.field_name}"
            return Required(inner, label, facts.field_nodes, is_bubbling=self._operation.is_bubbling)
        return Nullable(self._nullable(type_, facts, details))

    def _nullable(self, type_: GraphQLOutputType, facts: FieldFacts, details: Details) -> Completer:
        """Completes what is there; nulls and failures go through."""
        if is_list_type(type_):
            label = f"{facts.parent_type}.{facts.field_name}"
            return Lists(self._completer(type_.of_type, facts, details), label, facts.field_nodes)
        if is_leaf_type(type_):
            return LeafColumn(self._leaf(type_), facts.field_nodes)
        if is_abstract_type(type_):
            return Abstract(type_, self._schema, facts, self._member(facts, details))
        return self._objects(cast("GraphQLObjectType", type_), facts, details)

    def _member(self, facts: FieldFacts, details: Details) -> Callable[[GraphQLObjectType], Completer]:
        """Plans a type when it is first seen, as it would have been planned now."""
        is_open = self._is_open

        def objects(type_: GraphQLObjectType) -> Completer:
            with self._opening(is_open):
                return self._objects(type_, facts, details)

        return objects

    def _objects(
        self, type_: GraphQLObjectType, facts: FieldFacts, details: Sequence[FieldDetails]
    ) -> Completer:
        collected = collect_subfields(
            self._schema, self._fragments, self._variables, self._operation.node, type_, list(details)
        )
        return Objects(type_, facts, self._selection(type_, collected.grouped_field_set))

    def _leaf(self, type_: GraphQLLeafType) -> Leaf:
        if type_ not in self._leaves:
            self._leaves[type_] = Leaf(type_)
        return self._leaves[type_]
