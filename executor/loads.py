"""A whole column from a loader: one batch through its own function and cache, one wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiodataloader import DataLoader, Loader, dispatch_queue_batch

Key = Any
Start = Callable[[Awaitable[Any]], "asyncio.Future[Any]"]


class Batch:
    """What columns and ordinary loads ask of one loader in the same turn of the loop goes out as one.

    It waits as long as aiodataloader does, two turns: then ordinary loads of the same moment are in the
    loader's queue, and this batch rides with them; where there are none it goes out by itself.
    """

    def __init__(self, loader: DataLoader[Key, Any], start: Start, forget: Callable[[], object]) -> None:
        self._loader = loader
        self._start = start
        self._forget = forget
        self._queue: list[Loader] = []
        self._is_cancelled = False
        asyncio.get_running_loop().call_soon(self._turn)

    def ask(self, key: Key, cache_key: Key) -> asyncio.Future[Any]:
        """What `load` of a key would give that is not in the cache."""
        future: asyncio.Future[Any] = self._loader.loop.create_future()
        self._loader._cache[cache_key] = future  # noqa: SLF001 - pinned, and tested (test_relations)
        self._queue.append(Loader(key, future))
        return future

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._is_cancelled = True
        for asked in self._queue:
            self._loader.clear(asked.key)
            asked.future.cancel()

    def _turn(self) -> None:
        if not self._ride():
            asyncio.get_running_loop().call_soon(self._go)

    def _go(self) -> None:
        if not self._ride():
            self._forget()
            self._start(self._dispatch())

    def _ride(self) -> bool:
        """Join the loader's own batch, if it has one or nothing is left to ask."""
        waiting = self._loader._queue  # noqa: SLF001 - as above
        if waiting and not self._is_cancelled:
            self._forget()
            waiting.extend(self._queue)
        return bool(waiting) or self._is_cancelled

    async def _dispatch(self) -> None:
        try:
            await dispatch_queue_batch(self._loader, self._queue)
        except BaseException:  # cancelled: what is left would be waited for in vain
            self.cancel()
            raise


def is_plain(loader: Any) -> bool:
    """Whether a column may be asked at once: a loader that batches and caches as aiodataloader does."""
    return (
        isinstance(loader, DataLoader)
        and type(loader).load is DataLoader.load
        and bool(loader.batch and loader.cache and not loader.max_batch_size)
    )


async def arrived(futures: list[asyncio.Future[Any]]) -> None:
    """Until all are there. Those of one batch come together, so that there is one wait for them."""
    for future in reversed(futures):
        if not future.done():
            await asyncio.wait([future])
