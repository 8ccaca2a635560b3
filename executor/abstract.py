"""Interfaces and unions: a column is split by what its values are, and merged back."""

from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, is_object_type
from graphql.execution.execute import default_type_resolver
from graphql.pyutils import inspect
from graphql.type import GraphQLAbstractType

from executor.columns import Completer
from executor.info import FieldFacts, ResolveInfo
from executor.places import PickedPlaces, Places
from executor.running import Column, Failed, Later, Run, join, settle, then

Member = Callable[[GraphQLObjectType], Completer]


class Abstract:
    """Completes values of several types; a type's selection is planned when one of them is first seen."""

    def __init__(
        self, type_: GraphQLAbstractType, schema: GraphQLSchema, facts: FieldFacts, member: Member
    ) -> None:
        self._type = type_
        self._schema = schema
        self._facts = facts
        self._label = f"{facts.parent_type}.{facts.field_name}"
        self._member = member
        self._members: dict[GraphQLObjectType, Completer] = {}
        self._resolve_type: Callable[..., Any] = type_.resolve_type or default_type_resolver

    def __call__(self, run: Run, values: Column, places: Places) -> Later:
        names = [self._name(run, value, places, index) for index, value in enumerate(values)]
        settled = settle(run, names, self._facts.field_nodes, places)
        return then(settled, lambda known: self._split(run, values, known, places))

    def _name(self, run: Run, value: Any, places: Places, index: int) -> Any:
        if value is None or type(value) is Failed:
            return value
        try:
            return self._resolve_type(value, ResolveInfo(run, self._facts, places, index), self._type)
        except Exception as error:  # noqa: BLE001 - a failure of the value
            return error

    def _split(self, run: Run, values: Column, names: Column, places: Places) -> Later:
        known = list(values)
        groups: dict[GraphQLObjectType, list[int]] = {}
        for index, name in enumerate(names):
            if values[index] is None or type(name) is Failed:
                known[index] = name
                continue
            try:
                groups.setdefault(self._runtime_type(name, values[index]), []).append(index)
            except GraphQLError as error:
                known[index] = run.fail(error, self._facts.field_nodes, places.path(index))
        columns = [
            self._completer(type_)(run, [values[index] for index in indexes], PickedPlaces(places, indexes))
            for type_, indexes in groups.items()
        ]
        return join(run, columns, lambda arrived: _merged(known, groups.values(), arrived))

    def _completer(self, type_: GraphQLObjectType) -> Completer:
        if type_ not in self._members:
            self._members[type_] = self._member(type_)
        return self._members[type_]

    def _runtime_type(self, name: Any, value: Any) -> GraphQLObjectType:
        """The object type of that name. Raises GraphQLError in graphql-core's words."""
        found = self._schema.get_type(name) if isinstance(name, str) else None
        if is_object_type(found) and self._schema.is_sub_type(self._type, found):
            return found
        raise GraphQLError(self._complaint(name, value, found), self._facts.field_nodes)

    def _complaint(self, name: Any, value: Any, found: Any) -> str:
        type_ = self._type
        must = f"Abstract type '{type_}' must resolve to an Object type at runtime"
        start = f"{must} for field '{self._label}'"
        if name is None:
            ways = f"Either the '{type_}' type should provide a 'resolve_type' function"
            return f"{start}. {ways} or each possible type should provide an 'is_type_of' function."
        if not isinstance(name, str):
            told = f"{inspect(value)}, received '{inspect(name)}'"
            return f"{start} with value {told}, which is not a valid Object type name."
        if found is None:
            resolved = f"Abstract type '{type_}' was resolved to a type '{name}'"
            return f"{resolved} that does not exist inside the schema."
        if not is_object_type(found):
            return f"Abstract type '{type_}' was resolved to a non-object type '{name}'."
        return f"Runtime Object type '{found}' is not a possible type for '{type_}'."


def _merged(known: Column, groups: Iterable[list[int]], columns: list[Column]) -> Column:
    for indexes, column in zip(groups, columns, strict=True):
        for index, value in zip(indexes, column, strict=True):
            known[index] = value
    return known
