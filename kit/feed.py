"""A topic as one or many read it: what came after any place in it, and word that there is more."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from kit.event_reader import ClosedError, EventReader
from kit.events import Event
from kit.tail import Tail, unbroken

AT_MOST = 500
"""Events of one replayed step."""
PASSING_KEPT = 100
"""Passing events that wait for a slow reader; older ones make room."""


class PastGoneError(Exception):
    """What followed a place is no longer kept; the newest event is where to go on from."""


class Feed:
    """Holds no place: whoever reads it says how far they have come."""

    def __init__(
        self, tail: Tail, beside: Sequence[Tail], reader: EventReader, forget: Callable[["Feed"], None]
    ) -> None:
        self.tail = tail
        self.beside = beside
        self._reader = reader
        self._forget = forget
        self._passed: deque[Event] = deque(maxlen=PASSING_KEPT)
        self._wake = asyncio.Event()
        self.is_closed = False
        self.start = 0
        """The newest event when it was opened."""
        tail.watchers.add(self._moved)
        for other in beside:
            other.watchers.add(self._pass)

    @property
    def head(self) -> int:
        """The newest event that is known here."""
        return self.tail.head or 0

    async def place(self, after: int | None) -> tuple[int, bool]:
        """Where to begin behind `after`, and whether what followed it is no longer kept, or never was.

        None is the newest event; with a gap, that is the beginning too.
        """
        if after is None:
            return self.head, False
        head = self.head
        if after > head:
            head = (await self._reader.heads([self.tail.topic]))[self.tail.topic]
            self.tail.hear(head)
        is_gap = after > head or await self._is_gone(after)
        return (head if is_gap else after), is_gap

    async def after(self, position: int, most: int = AT_MOST) -> list[Event]:
        """Events that follow a place one by one, oldest first; none where there are none, or the store lags.

        Raises PastGoneError.
        """
        events = self.tail.since(position)
        if events is None:
            read = await self._reader.read(self.tail.topic, position, AT_MOST)
            events = unbroken(read, position)
            if not events and (read or await self._is_gone(position)):
                raise PastGoneError
        return events[:most]

    def is_behind(self, position: int) -> bool:
        """Whether there is more than what has been read here lately: the table must be asked."""
        return self.tail.since(position) is None

    def passed(self) -> list[Event]:
        """Passing events since the last time."""
        passed = list(self._passed)
        self._passed.clear()
        return passed

    async def moved(self) -> None:
        """Until something has come since the last time. Raises ClosedError."""
        if self.is_closed:
            raise ClosedError
        await self._wake.wait()
        self._wake.clear()
        if self.is_closed:
            raise ClosedError

    def wake(self) -> None:
        """Let who waits look again."""
        self._wake.set()

    def close(self) -> None:
        """Stop. May be called again."""
        if self.is_closed:
            return
        self.is_closed = True
        self.tail.watchers.discard(self._moved)
        for other in self.beside:
            other.watchers.discard(self._pass)
        self._forget(self)
        self._wake.set()

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
