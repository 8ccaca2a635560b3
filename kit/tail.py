"""The newest events of one topic, read once for all who follow it in this process."""

import asyncio
from collections import deque
from collections.abc import Callable

from kit.backoff import delays
from kit.event_reader import ClosedError, EventReader
from kit.events import Event

KEPT = 500
"""Events; who lags further behind reads the table."""
LAG_TRIES = 8
"""How often a seq that was heard of is looked for (6 s in all) before the next sweep must say it again."""

Watch = Callable[[list[Event]], None]


class Tail:
    """Moves when it hears of a higher seq. `watchers` are called with what was read, in order."""

    def __init__(self, topic: str, reader: EventReader) -> None:
        self.topic = topic
        self.head: int | None = None
        """The newest seq that was read; None until `begin`."""
        self.watchers: set[Watch] = set()
        self._reader = reader
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._heard = 0
        self._pulling: asyncio.Task[None] | None = None

    def begin(self, head: int) -> None:
        """What is up to `head` is past, unless the tail has begun before."""
        if self.head is None:
            self.head = head
        self.hear(head)

    def hear(self, seq: int) -> None:
        """Word that the topic has come to `seq`; old word and repeated word do nothing."""
        self._heard = max(self._heard, seq)
        if self._is_behind() and self._pulling is None:
            self._pulling = asyncio.create_task(self._pull())
            self._pulling.add_done_callback(self._pulled)

    def since(self, position: int) -> list[Event] | None:
        """What came after `position`, perhaps nothing yet; None if some of it is no longer kept here."""
        missing = (self.head or 0) - position
        if missing <= 0:
            return []
        if missing > len(self._events):
            return None
        return [self._events[-back] for back in range(missing, 0, -1)]

    def _is_behind(self) -> bool:
        return self.head is not None and self._heard > self.head and bool(self.watchers)

    def _pulled(self, _task: asyncio.Task[None]) -> None:
        self._pulling = None
        self.hear(0)  # word may have come between the last look and here

    async def _pull(self) -> None:
        """Read until what was heard of is here."""
        waits = delays(0.05, 1.0)
        tries = 0
        while self.head is not None and self._is_behind():
            try:
                events = await self._reader.read(self.topic, self.head, KEPT)
            except ClosedError:
                return
            if events:
                tries = 0
                self._take(events)
            elif (tries := tries + 1) == LAG_TRIES:
                self._heard = self.head
            else:
                await asyncio.sleep(next(waits))

    def _take(self, events: list[Event]) -> None:
        taken = unbroken(events, events[0].seq - 1)
        if self.head != taken[0].seq - 1:
            self._events.clear()  # a part of the past is gone: what is kept here must have no hole
        self._events.extend(taken)
        self.head = taken[-1].seq
        for watch in tuple(self.watchers):
            watch(taken)


def unbroken(events: list[Event], after: int) -> list[Event]:
    """The events that follow `after` one by one, up to the first hole."""
    for index, event in enumerate(events):
        if event.seq != after + 1 + index:
            return events[:index]
    return events
