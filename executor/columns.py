"""Completion of a column of values: what may be null, lists, objects of one type and of several."""

from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol

from graphql import FieldNode, GraphQLError, GraphQLObjectType
from graphql.pyutils import inspect, is_iterable

from executor.declare import ROW_CLASS
from executor.info import FieldFacts, ResolveInfo
from executor.places import ItemPlaces, PickedPlaces, Places
from executor.running import Column, Failed, Later, Run, settle, then

NOTHING = type(None)


class Completer(Protocol):
    """Makes of settled values what stands in the answer, in a new list; nulls and failures go through."""

    def __call__(self, run: Run, values: Column, places: Places) -> Later:
        """The column, or what will come to it."""


class Sources(Protocol):
    """A selection: makes an object of each source."""

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:
        """Objects and failures."""


class Nullable:
    """Where a failure ends: it is reported, and null stands for it."""

    def __init__(self, inner: Completer) -> None:
        self._inner = inner

    def __call__(self, run: Run, values: Column, places: Places) -> Later:
        return then(self._inner(run, values, places), lambda known: absorbed(run, known, places))


def absorbed(run: Run, known: Column, places: Places) -> Column:
    """The column with null for each failure."""
    if not run.failures:
        return known
    for index, value in enumerate(known):
        if type(value) is Failed:
            run.report(value, places.path(index))
            known[index] = None
    return known


class Required:
    """Where null is a failure. Where failures do not bubble, it ends here all the same."""

    def __init__(
        self, inner: Completer, label: str, nodes: Sequence[FieldNode], *, is_bubbling: bool
    ) -> None:
        self._inner = inner
        self._message = f"Cannot return null for non-nullable field {label}."
        self._nodes = nodes
        self._is_bubbling = is_bubbling

    def __call__(self, run: Run, values: Column, places: Places) -> Later:
        return then(self._inner(run, values, places), lambda known: self._checked(run, known, places))

    def _checked(self, run: Run, known: Column, places: Places) -> Column:
        if NOTHING in map(type, known):
            known = [
                run.fail(TypeError(self._message), self._nodes, places.path(index))
                if value is None
                else value
                for index, value in enumerate(known)
            ]
        return known if self._is_bubbling else absorbed(run, known, places)


class Lists:
    """The items of all lists of a column are one column."""

    def __init__(self, inner: Completer, label: str, nodes: Sequence[FieldNode]) -> None:
        self._inner = inner
        self._message = f"Expected Iterable, but did not find one for field '{label}'."
        self._nodes = nodes

    def __call__(self, run: Run, values: Column, places: Places) -> Later:
        if any(hasattr(kind, "__aiter__") for kind in set(map(type, values))):
            drained = [_drained(value) if hasattr(type(value), "__aiter__") else value for value in values]
            settled = settle(run, drained, self._nodes, places)
            return then(settled, lambda known: self._flattened(run, known, places))
        return self._flattened(run, values, places)

    def _flattened(self, run: Run, values: Column, places: Places) -> Later:
        lists = [self._list(run, value, places, index) for index, value in enumerate(values)]
        flat: Column = []
        starts, owners = [], []
        for index, items in enumerate(lists):
            if type(items) is list:
                starts.append(len(flat))
                owners.append(index)
                flat += items
        here = ItemPlaces(places, starts, owners)
        settled = settle(run, flat, self._nodes, here)
        completed = then(settled, lambda known: self._inner(run, known, here))
        return then(completed, lambda known: _folded(run, lists, known, starts, owners))

    def _list(self, run: Run, value: Any, places: Places, index: int) -> Any:
        """A list, null or a failure."""
        if type(value) is list or value is None or type(value) is Failed:
            return value
        if not is_iterable(value):
            return run.fail(GraphQLError(self._message), self._nodes, places.path(index))
        try:
            return list(value)
        except Exception as error:  # noqa: BLE001 - whatever an iterator raises is the field's error
            return run.fail(error, self._nodes, places.path(index))


def _folded(run: Run, lists: Column, known: Column, starts: list[int], owners: list[int]) -> Column:
    ends = [*starts[1:], len(known)]
    for start, end, owner in zip(starts, ends, owners, strict=False):
        lists[owner] = known[start:end]
        if run.failures:
            lists[owner] = next((item for item in lists[owner] if type(item) is Failed), lists[owner])
    return lists


async def _drained(items: AsyncIterable[Any]) -> list[Any]:
    return [item async for item in items]


class Objects:
    """Values of one object type: those that are there go through its selection together."""

    def __init__(self, type_: GraphQLObjectType, facts: FieldFacts, selection: Sources) -> None:
        self._type = type_
        self._facts = facts
        self._selection = selection

    def __call__(self, run: Run, values: Column, places: Places) -> Later:
        if not self._type.is_type_of or self._are_rows(values):
            return self._selected(run, values, places)
        checks = self._checks(run, values, places)
        settled = settle(run, checks, self._facts.field_nodes, places)
        return then(
            settled, lambda known: self._selected(run, self._kept(run, values, known, places), places)
        )

    def _are_rows(self, values: Column) -> bool:
        """Whether their classes say that all are of this type."""
        row = getattr(self._type.is_type_of, ROW_CLASS, None)
        return row is not None and all(
            issubclass(kind, row) or kind is NOTHING or kind is Failed for kind in set(map(type, values))
        )

    def _checks(self, run: Run, values: Column, places: Places) -> Column:
        """For each value whether it is of the type, or what will come to it, or why that cannot be said."""
        is_type_of: Callable[..., Any] = self._type.is_type_of  # type: ignore[assignment]  # see the caller
        info = ResolveInfo(run, self._facts, places, 0)
        checks: Column = []
        for index, value in enumerate(values):
            check: Any = True
            if value is not None and type(value) is not Failed:
                info.index = index
                try:
                    check = is_type_of(value, info)
                except Exception as error:  # noqa: BLE001 - a failure of the value
                    check = error
                if check is not True:  # who has not finished yet keeps the info
                    info = ResolveInfo(run, self._facts, places, index)
            checks.append(check)
        return checks

    def _kept(self, run: Run, values: Column, checks: Column, places: Places) -> Column:
        if all(check is True for check in checks):
            return values
        return [
            value if check is True else self._refused(run, value, check, places, index)
            for index, (value, check) in enumerate(zip(values, checks, strict=True))
        ]

    def _refused(self, run: Run, value: Any, check: Any, places: Places, index: int) -> Any:
        if type(check) is Failed:
            return check
        if check:
            return value
        message = f"Expected value of type '{self._type}' but got: {inspect(value)}."
        nodes = self._facts.field_nodes
        return run.fail(GraphQLError(message, nodes), nodes, places.path(index))

    def _selected(self, run: Run, values: Column, places: Places) -> Later:
        kinds = set(map(type, values))
        if NOTHING in kinds or Failed in kinds:
            indexes = [
                index for index, value in enumerate(values) if value is not None and type(value) is not Failed
            ]
            return spread(run, self._selection, values, indexes, places)
        return self._selection(run, values, places) if values else []


def spread(run: Run, step: Sources, values: Column, indexes: list[int], places: Places) -> Later:
    """The column with what a step makes of some of its values."""
    if not indexes:
        return list(values)
    picked = [values[index] for index in indexes]
    return then(step(run, picked, PickedPlaces(places, indexes)), partial(_put_back, values, indexes))


def _put_back(values: Column, indexes: Iterable[int], known: Column) -> Column:
    column = list(values)
    for index, value in zip(indexes, known, strict=True):
        column[index] = value
    return column
