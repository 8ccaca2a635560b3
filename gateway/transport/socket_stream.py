"""One subscription on a socket: what the fan-out tells it becomes frames."""

import asyncio
from collections.abc import Hashable
from typing import Any, Protocol

import structlog

from executor.engine import Prepared
from gateway.answering import Refused
from gateway.context import Caller
from gateway.transport import messages
from gateway.transport.desk import Desk
from gateway.transport.streams import Stream
from kit.log import REQUEST

log = structlog.get_logger()


class Carrier(Protocol):
    """The socket's session."""

    desk: Desk
    caller: Caller
    cursors: list[str]
    """How far its client had come when it connected."""

    def write(
        self, frame: bytes, size: int = 0, stream: "SocketStream | None" = None, key: Any = None
    ) -> None:
        """Now, or behind what waits. Of a stream, `frame` is a payload, which others may share."""

    def finished(self, stream: "SocketStream", frame: bytes) -> None:
        """The last word of a stream that ends by itself."""

    def dropped(self) -> None:
        """A stream is no more."""

    def close(self, code: int, reason: str) -> None:
        """With what waits left unsaid."""

    async def drained(self) -> None:
        """Until nothing waits."""


class SocketStream:
    """Its reader. No task of its own once it is open."""

    __slots__ = ("_head", "_session", "_stream", "_task", "is_dropped", "is_over", "key")

    def __init__(self, session: Carrier, key: str) -> None:
        self._session = session
        self._head = messages.next_head(key)
        self._stream: Stream | None = None
        self._task: asyncio.Task[None] | None = None
        self.key = key
        self.is_over = False
        self.is_dropped = False
        """What waits for it is left out."""

    async def open(self, prepared: Prepared) -> None:
        """Begin to listen."""
        session, self._task = self._session, asyncio.current_task()
        desk, caller = session.desk, session.caller
        REQUEST.set(caller.request_id)
        outcome = "ok"
        try:
            async with asyncio.timeout(desk.settings.operation_seconds):
                self._stream = await desk.answering.open(prepared, caller, self, session.cursors)
        except Refused as refused:
            outcome = "refused"
            self._end(messages.error_frame(self.key, refused.errors))
        except Exception:
            outcome = "failed"
            log.exception("stream_not_opened")
            self.broken()
        finally:
            self._task = None
        desk.metrics.operations["websocket", "subscription", outcome] += 1
        if self.is_over and self._stream is not None:
            self._stream.close()

    # What it is told (gateway.transport.streams.Reader)

    def next(self, payload: bytes, cursor: str | None, replaces: Hashable | None = None) -> None:  # noqa: ARG002 - it stands in the payload
        """Written at once, or as soon as the client takes it."""
        if not self.is_over:
            session = self._session
            session.desk.metrics.socket_deliveries += 1
            session.write(payload, len(payload), self, None if replaces is None else (self.key, replaces))

    def complete(self) -> None:
        self._end(messages.complete_frame(self.key))

    def broken(self) -> None:
        """All come again: one stream alone cannot be told to."""
        if not self.is_over:
            self._session.close(1012, "Come again")

    async def drained(self) -> None:
        await self._session.drained()

    # What else may happen to it

    def stop(self) -> None:
        """The client has enough, or has gone."""
        self.is_dropped = True
        if self._task is not None:
            self._task.cancel()
        self._end(None)

    def framed(self, payload: bytes) -> bytes:
        """The whole frame of one answer; made once for all sockets that call their stream the same."""
        return self._session.desk.frames.made(self._head, payload)

    def _end(self, frame: bytes | None) -> None:
        if not self.is_over:
            self.is_over = True
            if frame is not None:
                self._session.finished(self, frame)
            self._session.dropped()
            if self._stream is not None:
                asyncio.get_running_loop().call_soon(self._stream.close)
