"""One who is told what happens in a topic."""

from collections.abc import Callable
from datetime import datetime

from executor.engine import Prepared
from gateway.context import Caller
from gateway.transport.streams import Encode, Reader
from kit.clock import now
from kit.pages import Cursors
from resolvers.streams import Person, StreamEnded, StreamItem


class Member:
    """A reader, who they are, and how far they have come."""

    __slots__ = (
        "_cursors",
        "_encode",
        "_leave",
        "_prepared",
        "caller",
        "is_closed",
        "person",
        "position",
        "reader",
    )

    def __init__(
        self,
        leave: Callable[[], None],
        cursors: Cursors,
        prepared: Prepared,
        encode: Encode,
        caller: Caller,
        reader: Reader,
        position: int,
    ) -> None:
        self._leave = leave
        self._cursors = cursors
        self._prepared = prepared
        self._encode = encode
        self.caller = caller
        self.person: Person = caller.viewer.user_id if caller.viewer else None
        self.reader = reader
        self.position = position
        self.is_closed = False

    def has_ended(self, moment: datetime) -> bool:
        """Whether their token no longer speaks for them."""
        viewer = self.caller.viewer
        if viewer is None:
            return self.person is not None
        if viewer.session_id and self.caller.services.ended_sessions.has(viewer.session_id):
            return True
        return viewer.expires_at is not None and viewer.expires_at <= moment

    def end_with(self, payload: bytes, cursor: str | None) -> None:
        """The last thing they are told."""
        if not self.is_closed:
            self.reader.next(payload, cursor)
            self.reader.complete()
            self.close()

    def close(self) -> None:
        """Tell them nothing more. May be called again."""
        if not self.is_closed:
            self.is_closed = True
            self._leave()

    async def told(self, item: StreamItem) -> bytes:
        """What a word of the stream itself is in their document."""
        context = self.caller.context()
        try:
            return self._encode(await self._prepared.run(context, item), context.request_id)
        finally:
            context.close()

    async def ended(self, reason: str, cursor: str | None = None) -> bytes | None:
        """What a transport says that ends the stream itself, at the last cursor that was read."""
        where = cursor or self._cursors.at(self.position)
        return await self.told(StreamEnded(where, now(), None, reason))
