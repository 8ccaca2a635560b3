"""One subscriber's place in a topic."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from kit.backoff import delays
from kit.event_reader import ClosedError, EventReader
from kit.events import Event
from kit.tail import Tail, unbroken

AT_MOST = 500
"""Events of one replayed step."""
PASSING_KEPT = 100
"""Passing events that wait for a slow reader; older ones make room."""


class PastGoneError(Exception):
    """What followed the position is no longer kept. The follower goes on from the newest event."""


class Follower:
    """Hands out each event of its topic once and in order. Holds no events of it: only how far it has come.

    `position`: the seq of the last event handed out, or where following began.
    `is_gap`: what followed the wanted beginning is no longer kept, or that beginning never was; following
    then began at the newest event.
    """

    def __init__(
        self, tail: Tail, beside: Sequence[Tail], reader: EventReader, forget: Callable[["Follower"], None]
    ) -> None:
        self.tail = tail
        self.beside = beside
        self.position = 0
        self.is_gap = False
        self._reader = reader
        self._forget = forget
        self._passed: deque[Event] = deque(maxlen=PASSING_KEPT)
        self._wake = asyncio.Event()
        self._is_closed = False
        tail.watchers.add(self._moved)
        for other in beside:
            other.watchers.add(self._pass)

    async def begin(self, head: int, after: int | None) -> None:
        """Take the place behind `after` if the topic, now at `head`, can still be told from there."""
        self.is_gap = after is not None and (after > head or await self._is_gone(after))
        self.position = head if after is None or self.is_gap else after

    async def next(self) -> list[Event]:
        """At least one event: those after `position`, oldest first, and then passing ones (of other topics).

        Raises PastGoneError where a reader was so slow that events were deleted before it came, and
        ClosedError once closed. Safe to cancel: what was not returned comes again.
        """
        waits = delays(0.05, 1.0)
        while not self._is_closed:
            self._wake.clear()
            events = self.tail.since(self.position)
            is_behind = events is None
            if events is None:
                events = await self._replay()
            if self._passed or events:
                return self._hand_out(events)
            if is_behind:
                await asyncio.sleep(next(waits))  # a store that lags: what is missing is known to be kept
            else:
                await self._wake.wait()
        raise ClosedError

    def close(self) -> None:
        """Stop. May be called again."""
        if self._is_closed:
            return
        self._is_closed = True
        self.tail.watchers.discard(self._moved)
        for other in self.beside:
            other.watchers.discard(self._pass)
        self._forget(self)
        self._wake.set()

    def _hand_out(self, events: list[Event]) -> list[Event]:
        passed = list(self._passed)
        self._passed.clear()
        if events:
            self.position = events[-1].seq
        return events + passed

    async def _replay(self) -> list[Event]:
        """What the table has after the position; nothing if it lags."""
        read = await self._reader.read(self.tail.topic, self.position, AT_MOST)
        events = unbroken(read, self.position)
        if not events and (read or await self._is_gone(self.position)):
            self.position = max(self.position, self.tail.head or 0)
            raise PastGoneError
        return events

    async def _is_gone(self, after: int) -> bool:
        """Whether an event after `after` happened and is no longer kept."""
        if self.tail.since(after) is not None:
            return False
        oldest = await self._reader.oldest(self.tail.topic)
        return oldest is None or oldest > after + 1

    def _moved(self, _events: list[Event]) -> None:
        self._wake.set()

    def _pass(self, events: list[Event]) -> None:
        self._passed.extend(events)
        self._wake.set()
