"""Reads of the event store for a process: equal questions share one statement, outages are waited out."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar

import structlog

from kit.backoff import delays
from kit.events import Event, EventStore

log = structlog.get_logger()
T = TypeVar("T")

AT_ONCE = 4
"""Reads of events under way at a time: a thousand topics that move must not take every connection."""


class ClosedError(RuntimeError):
    """Whoever should answer was closed; nothing more will come."""


class EventReader:
    """The store as followers see it: slow at worst, never failing."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._wanted: set[str] = set()
        self._next_heads: asyncio.Task[dict[str, int]] | None = None
        self._heads_turn = asyncio.Lock()
        self._is_failing = False
        self._is_closed = False

    async def read(self, topic: str, after: int, limit: int) -> list[Event]:
        """As in EventStore; who asks the same while it is read gets the same answer."""
        key = (topic, after, limit)
        events: list[Event] = await self._shared(key, lambda: self._read(topic, after, limit))
        return events

    async def oldest(self, topic: str) -> int | None:
        """As in EventStore."""
        seq: int | None = await self._shared(topic, lambda: self._persist(lambda: self._store.oldest(topic)))
        return seq

    async def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """As in EventStore, with an entry for each topic. Who asks during one statement shares the next."""
        self._wanted.update(topics)
        if self._next_heads is None:
            self._next_heads = self._task(self._read_heads())
        heads = await self._answer(self._next_heads)
        return {topic: heads.get(topic, 0) for topic in topics}

    async def close(self) -> None:
        """End every question under way with ClosedError."""
        self._is_closed = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, topic: str, after: int, limit: int) -> list[Event]:
        async with self._slots:
            return await self._persist(lambda: self._store.read(topic, after, limit))

    async def _read_heads(self) -> dict[str, int]:
        async with self._heads_turn:
            topics = sorted(self._wanted)
            self._wanted.clear()
            self._next_heads = None
            return await self._persist(lambda: self._store.heads(topics))

    async def _shared(self, question: Hashable, ask: Callable[[], Any]) -> Any:
        task = self._running.get(question)
        return await self._answer(task or self._task(ask(), question))

    def _task(self, work: Any, question: Hashable | None = None) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        key = task if question is None else question
        self._running[key] = task
        task.add_done_callback(lambda _task: self._running.pop(key, None))
        return task

    async def _answer(self, task: asyncio.Task[T]) -> T:
        """Wait for a shared task; who stops waiting does not stop it for others."""
        if self._is_closed:
            task.cancel()
            raise ClosedError
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise ClosedError from None
            raise

    async def _persist(self, ask: Callable[[], Awaitable[T]]) -> T:
        waits = delays(0.05, 2.0)
        while True:
            try:
                answer = await ask()
            except Exception as error:  # noqa: BLE001 - whatever it is, followers must not lose their place
                self._note_failure(error)
                await asyncio.sleep(next(waits))
            else:
                self._note_success()
                return answer

    def _note_failure(self, error: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            log.error("event_store_failing", exc_info=error)

    def _note_success(self) -> None:
        if self._is_failing:
            self._is_failing = False
            log.info("event_store_answers_again")
