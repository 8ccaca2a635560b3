"""Where the values of a field come from: attributes, whole columns, resolvers."""

from collections.abc import Callable
from typing import Any, Protocol

from graphql import FieldNode, GraphQLField
from graphql.execution.values import get_argument_values

from executor.columns import Completer
from executor.info import FieldFacts, ResolveInfo
from executor.places import FieldPlaces, Places
from executor.running import Column, Later, Run, settle, then

SIMPLE = {str, int, float, bool, type(None)}
MakeInfo = Callable[[ResolveInfo], Any]


class Reader(Protocol):
    """Values as they are: awaitables and exceptions among them."""

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:
        """One for each source."""


class Field:
    """One response key of a selection: values, then what they come to, then what of it is answered."""

    def __init__(self, key: str, facts: FieldFacts, reader: Reader, completer: Completer) -> None:
        self.key = key
        self.typename = facts.parent_type.name
        self._facts = facts
        self._reader = reader
        self._completer = completer

    def start(self, run: Run, sources: Column, places: Places) -> Later:
        """Begin for all sources; what can be done at once is done when this returns."""
        here = FieldPlaces(places, self.key, self.typename)
        return then(self._reader(run, sources, here), lambda values: self.complete(run, values, here))

    def complete(self, run: Run, sources: Column, places: Places) -> Later:
        """The column of the answer."""
        settled = settle(run, sources, self._facts.field_nodes, places)
        return then(settled, lambda known: self._completer(run, known, places))


class Attribute:
    """Reads with strawberry's default resolver."""

    def __init__(self, name: str, read: Callable[[Any, str], Any]) -> None:
        self._name = name
        self._read = read

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:  # noqa: ARG002 - as every reader
        name, read = self._name, self._read
        values: Column = []
        for source in sources:
            try:
                values.append(read(source, name))
            except Exception as error:  # noqa: BLE001 - an answer as any other
                values.append(error)
        return values


class Whole:
    """A function of all sources; where it cannot, each is asked by itself."""

    def __init__(self, column: Callable[[Column], Any], one_by_one: Reader) -> None:
        self._column = column
        self._one_by_one = one_by_one

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:
        try:
            values = list(self._column(sources))
        except Exception:  # noqa: BLE001 - the resolver of each says which one fails, and why
            return self._one_by_one(run, sources, places)
        return values if len(values) == len(sources) else self._one_by_one(run, sources, places)


class Plain:
    """Calls a resolver that takes nothing but its parent, with nothing around it."""

    def __init__(self, resolver: Callable[[Any], Any]) -> None:
        self._resolver = resolver

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:  # noqa: ARG002 - as every reader
        resolver = self._resolver
        values: Column = []
        for source in sources:
            try:
                values.append(resolver(source))
            except Exception as error:  # noqa: BLE001 - an answer as any other
                values.append(error)
        return values


class Informed:
    """Calls a resolver that takes its parent and strawberry's info, with nothing around it."""

    def __init__(
        self, resolver: Callable[[Any, Any], Any], facts: FieldFacts, make_info: Callable[[ResolveInfo], Any]
    ) -> None:
        self._resolver = resolver
        self._facts = facts
        self._make_info = make_info

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:
        resolver, facts, make_info = self._resolver, self._facts, self._make_info
        values: Column = []
        for index, source in enumerate(sources):
            try:
                values.append(resolver(source, make_info(ResolveInfo(run, facts, places, index))))
            except Exception as error:  # noqa: BLE001 - an answer as any other
                values.append(error)
        return values


class Resolved:
    """Calls the resolver of the schema, with all that strawberry put around it."""

    def __init__(self, field: GraphQLField, resolve: Callable[..., Any], facts: FieldFacts) -> None:
        self._field = field
        self._resolve = resolve
        self._facts = facts

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:
        values: Column = []
        shared: dict[str, Any] | None = None
        for index, source in enumerate(sources):
            try:
                given = self._arguments(run) if shared is None else shared
                shared = given if all(type(value) in SIMPLE for value in given.values()) else None
                values.append(self._resolve(source, ResolveInfo(run, self._facts, places, index), **given))
            except Exception as error:  # noqa: BLE001 - an answer as any other
                values.append(error)
        return values

    def _arguments(self, run: Run) -> dict[str, Any]:
        """Coerced; anew for each call where one call could alter them for another. Raises GraphQLError."""
        node: FieldNode = self._facts.field_nodes[0]
        if not self._field.args:
            return {}
        return get_argument_values(self._field, node, run.variables)
