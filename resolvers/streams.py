"""Live streams: what a topic's events mean, who may be told, and what every stream says of itself."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from kit.errors import BadInput
from kit.hub import Event
from kit.pages import Cursors
from resolvers.context import Context

Person = UUID | None
"""Who listens; None is nobody."""


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


class OvertakenError(Exception):
    """What the stream is about went out of the sight of who reads, in the middle of reading."""


class Source(Protocol):
    """A topic as a stream. All who may be told of an event are told the same, `viewer…` fields aside."""

    topic: str
    passing: Sequence[str]
    """Topics whose events are told as they happen, without a place in the order, and never again."""

    async def readers(self, context: Context, people: Sequence[Person]) -> Collection[Person]:
        """Which of these may be told of it now. Asked anew for all events that are told."""

    async def item(self, context: Context, cursor: str, event: Event) -> StreamItem | None:
        """The event with its objects as they are now; None for what there is nothing to show of.

        The context is that of one of those who are told. Raises OvertakenError where they see it no more.
        """

    async def why_gone(self, context: Context) -> str:
        """The reason for those who may no longer be told."""


@dataclass(frozen=True)
class Watch:
    """What the resolver of a stream answers: it may begin, from behind this place or from now on.

    The gateway tells all who watch the same topic together; nobody iterates over it.
    """

    source: Source
    after: int | None

    def __aiter__(self) -> AsyncIterator[Any]:
        raise TypeError("A stream is told by the gateway's fan-out.")


def stream_cursors(topic: str) -> Cursors:
    """The cursors of a topic's stream."""
    return Cursors(topic, (int,))


def place_of(topic: str, cursor: str) -> int:
    """The seq behind a cursor. Raises BadInput for a cursor that is none of this topic."""
    seq: int = stream_cursors(topic).keys(cursor)[0]
    if seq < 0:
        raise BadInput("This is not a cursor of this stream.")
    return seq


def watch(source: Source, after: str | None) -> Watch:
    """A stream from a cursor of its topic. Raises BadInput for a cursor that is none."""
    return Watch(source, None if after is None else place_of(source.topic, after))
