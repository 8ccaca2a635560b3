"""One subscriber's place in a topic."""

import asyncio

from kit.backoff import delays
from kit.event_reader import ClosedError
from kit.events import Event
from kit.feed import Feed, PastGoneError


class Follower:
    """Hands out each event of its topic once and in order. Holds no events of it: only how far it has come.

    `position`: the seq of the last event handed out, or where following began.
    `is_gap`: what followed the wanted beginning is no longer kept, or that beginning never was; following
    then began at the newest event.
    """

    def __init__(self, feed: Feed, position: int, *, is_gap: bool) -> None:
        self.feed = feed
        self.position = position
        self.is_gap = is_gap

    async def next(self) -> list[Event]:
        """At least one event: those after `position`, oldest first, and then passing ones (of other topics).

        Raises PastGoneError where a reader was so slow that events were deleted before it came (it goes on
        from the newest event), and ClosedError once closed. Safe to cancel: what was not returned comes
        again.
        """
        waits = delays(0.05, 1.0)
        while not self.feed.is_closed:
            is_behind = self.feed.is_behind(self.position)
            try:
                events = await self.feed.after(self.position)
            except PastGoneError:
                self.position = max(self.position, self.feed.head)
                raise
            if happened := events + self.feed.passed():
                if events:
                    self.position = events[-1].seq
                return happened
            if is_behind:
                await asyncio.sleep(next(waits))  # a store that lags: what is missing is known to be kept
            else:
                await self.feed.moved()
        raise ClosedError

    def close(self) -> None:
        """Stop. May be called again."""
        self.feed.close()
