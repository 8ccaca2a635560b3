"""Batched reads: one statement for all keys of a batch, answers in the order of the keys."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable
from typing import Any, ClassVar, Generic, TypeVar

from aiodataloader import DataLoader, Loader, dispatch_queue_batch

from kit.db import Lease
from kit.statements import Record, Statement

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
R = TypeVar("R", bound=Record)


class Batched(DataLoader[K, V], Generic[K, V]):
    """A loader that reads through the operation's lease.

    One is made for each operation that asks it, so it takes short ways where aiodataloader looks at the class
    anew, and for its turns a task that begins another.
    """

    def __init__(self, lease: Lease) -> None:
        self.loop = asyncio.get_running_loop()
        self.lease = lease
        self._cache = {}
        self._queue = []

    @staticmethod
    def get_cache_key(key: K) -> K:
        """Keys are their own."""
        return key

    def do_resolve_reject(self, key: K, future: "asyncio.Future[V]") -> None:
        """Into the queue, which goes out two turns of the loop after its first key, as in aiodataloader."""
        self._queue.append(Loader(key, future))
        if len(self._queue) == 1:
            self.loop.call_soon(self.loop.call_soon, self._go)

    def _go(self) -> None:
        queue, self._queue = self._queue, []
        asyncio.ensure_future(dispatch_queue_batch(self, queue), loop=self.loop)  # noqa: RUF006 - as above


class RowByKey(Batched[K, R | None], Generic[K, R]):
    """One row a key, or None. `statement` takes `keys`; `column` names the key in its rows."""

    statement: ClassVar[Statement[Any]]
    column: ClassVar[str] = "id"

    async def batch_load_fn(self, keys: list[K]) -> list[R | None]:
        found = {row[self.column]: row for row in await self.lease.fetch(self.statement, keys=keys)}
        return [found.get(key) for key in keys]


class RowsByKey(Batched[K, list[R]], Generic[K, R]):
    """Many rows a key, in the order of the statement."""

    statement: ClassVar[Statement[Any]]
    column: ClassVar[str]

    async def batch_load_fn(self, keys: list[K]) -> list[list[R]]:
        found: defaultdict[Any, list[R]] = defaultdict(list)
        for row in await self.lease.fetch(self.statement, keys=keys):
            found[row[self.column]].append(row)
        return [found[key] for key in keys]


class NumberByKey(Batched[K, int], Generic[K]):
    """One number a key, 0 where there is nothing. Rows have `key` and `number`."""

    statement: ClassVar[Statement[Any]]

    async def batch_load_fn(self, keys: list[K]) -> list[int]:
        found = {row["key"]: row["number"] for row in await self.lease.fetch(self.statement, keys=keys)}
        return [found.get(key, 0) for key in keys]
