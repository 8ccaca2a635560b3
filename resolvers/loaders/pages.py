"""Pages of many parents' lists, by one statement a batch."""

from collections import defaultdict
from collections.abc import Awaitable
from functools import cached_property, partial
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from kit.db import Lease
from kit.errors import BadInput
from kit.keyset import Keyset
from kit.pages import Cursors, Page, PageArgs, page_of
from kit.statements import Record
from resolvers.loaders.base import Batched

R = TypeVar("R", bound=Record)
Filters = tuple[tuple[str, Any], ...]
"""Values of a list's parameters: part of the key, as all arguments are."""
Question = tuple[UUID, PageArgs, Filters]


class PagesByParent(Batched[Question, Page[R]], Generic[R]):
    """`load((parent, page, filters))`; `lists` is by the names of the filters that are set."""

    scope: ClassVar[str]
    lists: ClassVar[dict[frozenset[str], Keyset[Any]]]

    @cached_property
    def _counts(self) -> "CountByParent":
        return CountByParent(self.lease, self.lists)

    async def batch_load_fn(self, keys: list[Question]) -> list[Page[R]]:
        alike: defaultdict[tuple[PageArgs, Filters], list[UUID]] = defaultdict(list)
        for parent, args, filters in keys:
            alike[args, filters].append(parent)
        answers: dict[Question, Any] = {}
        for (args, filters), parents in alike.items():
            for parent, answer in (await self._answers(parents, args, filters)).items():
                answers[parent, args, filters] = answer
        return [answers[key] for key in keys]

    async def _answers(self, parents: list[UUID], args: PageArgs, filters: Filters) -> dict[UUID, Any]:
        """A page for each parent; the error itself for those whose list has no such cursor."""
        rows_of = self.lists[_names(filters)]
        cursors = {parent: rows_of.cursors(f"{self.scope}:{parent}") for parent in parents}
        answers: dict[UUID, Any] = _refused(cursors, args)
        good = [parent for parent in parents if parent not in answers] if answers else parents
        if good:
            found = await rows_of.rows_by_parent(self.lease, good, args, cursors[good[0]], **dict(filters))
            for parent in good:
                self.shown(found[parent])
                count = partial(self._counts_of, parent, filters)
                answers[parent] = page_of(found[parent], args, rows_of.cursor(cursors[parent]), count)
        return answers

    def shown(self, rows: list[R]) -> None:
        """What is read of a list, for whom that serves."""

    def _counts_of(self, parent: UUID, filters: Filters) -> Awaitable[int]:
        return self._counts.load((parent, filters))


def _refused(cursors: dict[UUID, Cursors], args: PageArgs) -> dict[UUID, BadInput]:
    """The parents in whose lists the cursors that are asked about have no place."""
    given = [cursor for cursor in (args.after, args.before) if cursor is not None]
    refused = {}
    for cursor in given:
        for parent, known in cursors.items():
            try:
                known.keys(cursor)
            except BadInput as error:
                refused[parent] = error
    return refused


class CountByParent(Batched[tuple[UUID, Filters], int]):
    """How long lists are; only for who selects it."""

    def __init__(self, lease: Lease, lists: dict[frozenset[str], Keyset[Any]]) -> None:
        super().__init__(lease)
        self._lists = lists

    async def batch_load_fn(self, keys: list[tuple[UUID, Filters]]) -> list[int]:
        alike: defaultdict[Filters, list[UUID]] = defaultdict(list)
        for parent, filters in keys:
            alike[filters].append(parent)
        found: dict[tuple[UUID, Filters], int] = {}
        for filters, parents in alike.items():
            numbers = await self._lists[_names(filters)].counts(self.lease, parents, **dict(filters))
            found |= {(parent, filters): number for parent, number in numbers.items()}
        return [found.get(key, 0) for key in keys]


def _names(filters: Filters) -> frozenset[str]:
    return frozenset(name for name, _ in filters)
