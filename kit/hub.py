"""What a process knows of live topics: it stands between bus and table on one side and subscribers."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from kit.bus import Bus, Undo
from kit.event_reader import ClosedError, EventReader
from kit.events import Event, EventStore
from kit.feed import Feed, PastGoneError
from kit.follower import Follower
from kit.tail import Tail

__all__ = ["ClosedError", "Event", "EventStore", "Feed", "Follower", "Hub", "PastGoneError"]


class Hub:
    """Follows topics for many subscribers at the cost of one.

    Signals only wake it; what it hands out is read from the store. A sweep each `sweep_seconds`, one
    statement for all topics, finds what was committed and never signalled.
    """

    def __init__(self, store: EventStore, bus: Bus, sweep_seconds: float) -> None:
        self._reader = EventReader(store)
        self._bus = bus
        self._sweep_seconds = sweep_seconds
        self._tails: dict[str, tuple[Tail, Undo]] = {}
        self._feeds: set[Feed] = set()
        self._has_gap = asyncio.Event()
        self._undo_gap: Undo | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to sweep. The bus is started by whoever owns it."""
        self._undo_gap = self._bus.on_gap(self._has_gap.set)
        self._sweeping = asyncio.create_task(self._sweep())

    async def close(self) -> None:
        """End every feed."""
        if self._undo_gap is not None:
            self._undo_gap()
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        for feed in tuple(self._feeds):
            feed.close()
        await self._reader.close()

    async def follow(self, topic: str, after: int | None, *, passing: Sequence[str] = ()) -> Follower:
        """Follow `topic` from just behind `after`, or from now on if that is None.

        Events of `passing` topics are handed out as they happen, without a place in the order, never again.
        Nothing that is committed once this has returned is missed. Raises ClosedError on a closed hub.
        """
        feed = await self.feed(topic, passing=passing)
        try:
            position, is_gap = await feed.place(feed.start if after is None else after)
        except BaseException:
            feed.close()
            raise
        return Follower(feed, position, is_gap=is_gap)

    async def feed(self, topic: str, *, passing: Sequence[str] = ()) -> Feed:
        """The same, for who keeps places of their own."""
        beside = [name for name in dict.fromkeys(passing) if name != topic]
        tails = [self._tail(name) for name in (topic, *beside)]
        feed = Feed(tails[0], tails[1:], self._reader, self._forget)
        self._feeds.add(feed)
        try:
            heads = await self._reader.heads([topic, *beside])
            for tail in tails:
                tail.begin(heads[tail.topic])
            feed.start = heads[topic]
        except BaseException:
            feed.close()
            raise
        return feed

    def _tail(self, topic: str) -> Tail:
        known = self._tails.get(topic)
        if known is not None:
            return known[0]
        tail = Tail(topic, self._reader)
        undo = self._bus.subscribe(topic, lambda signal: tail.hear(signal.seq))
        self._tails[topic] = (tail, undo)
        return tail

    def _forget(self, feed: Feed) -> None:
        """Let go of a feed, and of topics that nobody follows any more."""
        self._feeds.discard(feed)
        for tail in (feed.tail, *feed.beside):
            if not tail.watchers and tail.topic in self._tails:
                _tail, undo = self._tails.pop(tail.topic)
                undo()

    async def _sweep(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._has_gap.wait(), self._sweep_seconds)
            self._has_gap.clear()
            if self._tails:
                for topic, seq in (await self._reader.heads(list(self._tails))).items():
                    if topic in self._tails:
                        self._tails[topic][0].hear(seq)
