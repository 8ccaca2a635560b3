"""Live streams: replayed from a cursor, then as it happens; each event read anew as the viewer."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.clock import now
from kit.errors import BadInput, Unauthenticated
from kit.hub import ClosedError, Event, Follower, PastGoneError
from kit.pages import Cursors
from resolvers.context import Context


@dataclass(frozen=True)
class StreamItem:
    """What every event of every stream has."""

    cursor: str
    at: datetime
    origin_key: UUID | None


@dataclass(frozen=True)
class StreamReady(StreamItem):
    """The stream is armed."""

    is_replaying: bool


@dataclass(frozen=True)
class StreamGap(StreamItem):
    """The past after the cursor is no longer kept."""


@dataclass(frozen=True)
class StreamEnded(StreamItem):
    """The server ends the stream."""

    reason: str


def stream_cursors(topic: str) -> Cursors:
    """The cursors of a topic's stream."""
    return Cursors(topic, (int,))


class Stream:
    """One subscriber on one topic."""

    def __init__(self, context: Context, topic: str, follower: Follower) -> None:
        self.context = context
        self._cursors = stream_cursors(topic)
        self._topic = topic
        self._follower = follower

    @property
    def cursor(self) -> str:
        """The last durable place."""
        return self._cursors.at(self._follower.position)

    def opening(self) -> list[StreamItem]:
        """Ready, and the gap if there is one."""
        head = self._follower.tail.head or 0
        items: list[StreamItem] = [
            StreamReady(self.cursor, now(), None, is_replaying=self._follower.position < head)
        ]
        if self._follower.is_gap:
            items.append(StreamGap(self.cursor, now(), None))
        return items

    def ended(self, reason: str) -> StreamEnded:
        """The last word."""
        return StreamEnded(self.cursor, now(), None, reason)

    async def events(self) -> AsyncIterator[tuple[str, Event] | StreamItem]:
        """Each event with its cursor, or a word of the stream itself. The context is fresh for each."""
        durable = self.cursor
        while True:
            try:
                happened = await self._follower.next()
            except ClosedError:
                yield StreamEnded(durable, now(), None, "SHUTTING_DOWN")
                return
            except PastGoneError:
                durable = self.cursor
                yield StreamGap(durable, now(), None)
                continue
            for event in happened:
                if event.topic == self._topic:
                    durable = self._cursors.at(event.seq)
                self._check_viewer()
                self.context.renew()
                yield durable, event

    def close(self) -> None:
        """Let go of the topic."""
        self._follower.close()
        self.context.close()

    def _check_viewer(self) -> None:
        viewer = self.context.viewer
        if viewer is None:
            return
        has_ended = viewer.session_id and self.context.services.ended_sessions.has(viewer.session_id)
        if has_ended or (viewer.expires_at and viewer.expires_at <= now()):
            raise Unauthenticated("This session has ended. Sign in again.")


async def open_stream(context: Context, topic: str, after: str | None, passing: Sequence[str] = ()) -> Stream:
    """Follow a topic from a cursor of it. Raises BadInput for a cursor that is none."""
    start = stream_cursors(topic).keys(after)[0] if after is not None else None
    if start is not None and start < 0:
        raise BadInput("This is not a cursor of this stream.")
    follower = await context.services.hub.follow(topic, start, passing=passing)
    return Stream(context, topic, follower)
