"""Makes operations over any schema: valid ones, as odd as its random source likes."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)


@dataclass
class Made:
    """One operation and the values of its variables."""

    document: str
    variables: dict[str, Any]


@dataclass
class Generator:
    """`pools` has JSON values by the name of a scalar or an argument; `avoid` names fields to leave out."""

    schema: GraphQLSchema
    random: random.Random
    pools: Mapping[str, list[Any]] = field(default_factory=dict)
    avoid: frozenset[str] = frozenset()
    depth: int = 3
    width: int = 4

    def operations(self, kind: str = "query") -> Iterator[Made]:
        """Valid ones, without end."""
        while True:
            made = self._operation(kind)
            if not validate(self.schema, parse(made.document)):
                yield made

    def _operation(self, kind: str) -> Made:
        self._aliases = 0
        self._fragments: list[str] = []
        self._declared: dict[str, str] = {}
        self._given: dict[str, Any] = {}
        root = getattr(self.schema, f"{kind}_type")
        body = self._selection(root, 0, root=True)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._declared.items())
        head = f"{kind} Made({declared})" if declared else f"{kind} Made"
        return Made("\n".join([head + body, *self._fragments]), self._given)

    def _chance(self, of: float) -> bool:
        return self.random.random() < of

    def _selection(self, type_: Any, depth: int, *, root: bool = False) -> str:
        parts = [self._field(type_, depth) for _ in range(1 if root else self.random.randint(1, self.width))]
        if self._chance(0.15):
            parts.append(self._alias() + "__typename")
        if is_abstract_type(type_) or self._chance(0.15):
            members = self.schema.get_possible_types(type_) if is_abstract_type(type_) else [type_]
            parts += [self._fragment(member, depth) for member in members if self._chance(0.7)]
        if root and self._chance(0.4):
            parts.append(self._field(type_, depth))
        return "{ " + " ".join(filter(None, parts)) + " __typename }"

    def _fragment(self, type_: Any, depth: int) -> str:
        body = self._selection(type_, depth)
        if self._chance(0.5):
            return f"... on {type_.name}{self._directive()} {body}"
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {type_.name} {body}")
        return f"...{name}{self._directive()}"

    def _field(self, type_: Any, depth: int) -> str:
        fields = {
            name: each
            for name, each in getattr(type_, "fields", {}).items()
            if name not in self.avoid and (depth < self.depth or is_leaf_type(get_named_type(each.type)))
        }
        if not fields:
            return ""
        name = self.random.choice(list(fields))
        arguments = self._arguments(fields[name].args)
        alias = self._alias() if arguments or self._chance(0.2) else ""
        named = get_named_type(fields[name].type)
        body = "" if is_leaf_type(named) else self._selection(named, depth + 1)
        return f"{alias}{name}{arguments}{self._directive()}{body}"

    def _alias(self) -> str:
        self._aliases += 1
        return f"a{self._aliases}: "

    def _directive(self) -> str:
        if self._chance(0.9):
            return ""
        name = self.random.choice(["skip", "include"])
        if self._chance(0.5):
            return f" @{name}(if: {self.random.choice(['true', 'false'])})"
        variable = f"steer{self.random.randrange(2)}"
        self._declared.setdefault(variable, self.random.choice(["Boolean!", "Boolean! = true"]))
        if self._declared[variable] == "Boolean!" or self._chance(0.5):
            self._given.setdefault(variable, self._chance(0.5))
        return f" @{name}(if: ${variable})"

    def _arguments(self, arguments: Mapping[str, Any]) -> str:
        written = [
            f"{name}: {self._argument(name, each.type)}"
            for name, each in arguments.items()
            if is_required_argument(each) or self._chance(0.5)
        ]
        return f"({', '.join(written)})" if written else ""

    def _argument(self, name: str, type_: Any) -> str:
        if self._chance(0.7):
            return self._literal(name, type_)
        variable = f"v{len(self._declared)}"
        has_default = self._chance(0.3)
        self._declared[variable] = f"{type_} = {self._literal(name, type_)}" if has_default else str(type_)
        if not has_default and (isinstance(type_, GraphQLNonNull) or self._chance(0.7)):
            self._given[variable] = self._value(name, type_)
        return f"${variable}"

    def _literal(self, name: str, type_: Any) -> str:
        return _written(self._value(name, type_), type_)

    def _value(self, name: str, type_: Any, depth: int = 0) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._value(name, type_.of_type, depth)
        if isinstance(type_, GraphQLList):
            return [self._value(name, type_.of_type, depth + 1) for _ in range(self.random.randrange(3))]
        if isinstance(type_, GraphQLInputObjectType):
            return {
                key: self._value(key, each.type, depth + 1)
                for key, each in type_.fields.items()
                if is_required_input_field(each) or (depth < 2 and self._chance(0.5))
            }
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(list(type_.values))
        return self.random.choice(self.pools.get(name) or self.pools.get(type_.name) or USUAL[type_.name])


USUAL: dict[str, list[Any]] = {
    "Int": [0, 1, 2, 3, 4, 5, 7],
    "Float": [0.5],
    "String": ["", "text"],
    "ID": ["1"],
    "Boolean": [True, False],
}


def _written(value: Any, type_: Any) -> str:
    if isinstance(type_, GraphQLNonNull):
        return _written(value, type_.of_type)
    if isinstance(value, list):
        return "[" + ", ".join(_written(each, type_.of_type) for each in value) + "]"
    if isinstance(value, dict):
        fields = [f"{key}: {_written(each, type_.fields[key].type)}" for key, each in value.items()]
        return "{" + ", ".join(fields) + "}"
    if isinstance(type_, GraphQLEnumType):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{value}"'
