"""Scalars and enums: what is common is written into the generated code, the rest is looked at one by one."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)
from graphql.pyutils import Undefined, inspect

from executor.code import make
from executor.declare import NATIVE, Native
from executor.places import Places
from executor.running import Column, Failed, Later, Run, is_awaitable_type

TEXT = "v if type(v := {value}) is str else {slow}(v, odd)"
PLAIN: dict[Any, str] = {
    GraphQLString: TEXT,
    GraphQLID: TEXT,
    GraphQLInt: "v if type(v := {value}) is int and -2147483648 <= v <= 2147483647 else {slow}(v, odd)",
    GraphQLFloat: "v if type(v := {value}) is float and -INF < v < INF else {slow}(v, odd)",
    GraphQLBoolean: "v if (v := {value}) is True or v is False else {slow}(v, odd)",
}
ENUM = "{names}.get(v := {value}) or {slow}(v, odd)"
OTHER = "{slow}({value}, odd)"
ITSELF = "v if (v := {{value}}) is not None and {test} else {{slow}}(v, odd)"


class Odd:
    """A value that has to be looked at by itself: it fails, or has to be awaited."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Leaf:
    """How the values of one scalar or enum become what JSON can carry."""

    def __init__(self, type_: GraphQLLeafType) -> None:
        self.type = type_
        self.coerce = type_.coerce_output_value
        self._usual: set[type] = set()
        self._names = _enum_names(type_)
        self._native: Native | None = getattr(self.coerce, NATIVE, None)
        self._template = ENUM if self._names else PLAIN.get(type_, OTHER)
        if self._native is not None:
            self._template = ITSELF.format(test=self._native.test)

    def expression(self, value: str, number: int, *, is_required: bool) -> tuple[str, dict[str, Any]]:
        """Source that serialises the value of a source, and the names that it needs."""
        names: dict[str, Any] = {f"slow{number}": self.required if is_required else self.nullable}
        if self._native is not None:
            names |= self._native.names
        if self._names:
            names[f"names{number}"] = self._names
        source = self._template.format(value=value, slow=f"slow{number}", names=f"names{number}")
        return f"({source})", names

    @cached_property
    def column(self) -> Callable[[Column, list[Odd]], Column]:
        """`nullable` of a whole column."""
        source, names = self.expression("value", 0, is_required=False)
        build: Callable[[Column, list[Odd]], Column] = make(
            f"def build(values, odd):\n    return [{source} for value in values]", names
        )
        return build

    def nullable(self, value: Any, odd: list[Odd]) -> Any:
        """Serialised; null stays null, a failure stays one, what is odd is put aside."""
        kind = type(value)
        if value is None or kind is Failed:
            return value
        if kind not in self._usual:
            if is_awaitable_type(kind) or issubclass(kind, Exception) or value is Undefined:
                return _put_aside(value, odd)
            self._usual.add(kind)
        try:
            known = self.coerce(value)
        except Exception:  # noqa: BLE001 - it is raised again where its place is known
            return _put_aside(value, odd)
        return _put_aside(value, odd) if known is None or known is Undefined else known

    def required(self, value: Any, odd: list[Odd]) -> Any:
        """The same, where null is odd too."""
        return _put_aside(value, odd) if value is None else self.nullable(value, odd)

    def located(self, run: Run, value: Any, nodes: Sequence[FieldNode], places: Places, index: int) -> Any:
        """Serialised, or a failure that says where."""
        try:
            known = self.coerce(value)
        except Exception as error:  # noqa: BLE001 - whatever a scalar raises is the field's error
            return run.fail(error, nodes, places.path(index))
        if known is None or known is Undefined:
            return run.fail(TypeError(_no_value(self.type, value, known)), nodes, places.path(index))
        return known


class LeafColumn:
    """Completes a column of leaves."""

    def __init__(self, leaf: Leaf, nodes: Sequence[FieldNode]) -> None:
        self._leaf = leaf
        self._nodes = nodes

    def __call__(self, run: Run, values: Column, places: Places) -> Later:
        odd: list[Odd] = []
        try:
            known = self._leaf.column(values, odd)
        except Exception:  # noqa: BLE001 - a value that cannot be looked up: one by one
            known = [self._leaf.nullable(value, odd) for value in values]
        if not odd:
            return known
        return [
            self._leaf.located(run, value.value, self._nodes, places, index) if type(value) is Odd else value
            for index, value in enumerate(known)
        ]


def _put_aside(value: Any, odd: list[Odd]) -> Odd:
    aside = Odd(value)
    odd.append(aside)
    return aside


def _enum_names(type_: GraphQLLeafType) -> dict[Any, str]:
    """Names by what may stand for them: the members of the class, and their plain values."""
    if not isinstance(type_, GraphQLEnumType):
        return {}
    names: dict[Any, str] = {}
    members = list(getattr(type_, "wrapped_cls", ()))
    for value in [*members, *(each.value for each in type_.values.values())]:
        try:
            names[value] = type_.coerce_output_value(value)
        except Exception:  # noqa: BLE001, S112 - it is told where such a value is answered
            continue
    return names


def _no_value(type_: GraphQLLeafType, value: Any, known: Any) -> str:
    return (
        f"Expected `{inspect(type_)}.coerce_output_value({inspect(value)})` to return non-nullable value,"
        f" returned: {inspect(known)}"
    )
