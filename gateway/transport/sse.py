"""A subscription told as server-sent events, in the distinct connections mode of graphql-sse."""

import asyncio
from collections.abc import Callable, Hashable, Sequence

import orjson
import structlog
from starlette.types import Receive, Send

from executor.engine import Prepared
from executor.running import start_task
from gateway.answering import Refused
from gateway.context import Caller
from gateway.transport.desk import Desk
from gateway.transport.leash import Leash
from gateway.transport.outbox import Outbox
from gateway.transport.streams import Stream

log = structlog.get_logger()

Headers = list[tuple[bytes, bytes]]
HEADERS: Headers = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
COMPLETE = b"event: complete\ndata:\n\n"
COMMENT = b":\n\n"
"""Keeps what lies between from cutting a stream that is quiet."""


def event(payload: bytes, cursor: str | None) -> bytes:
    """One answer; the cursor is what a client that comes back sends as `Last-Event-ID`."""
    head = b"" if cursor is None else b"id: %s\n" % cursor.encode()
    return b"%sevent: next\ndata: %s\n\n" % (head, payload)


async def told_once(send: Send, answer: bytes, headers: Headers) -> None:
    """A query or a mutation as one event, for clients that read nothing else."""
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *headers]})
    await send({"type": "http.response.body", "body": event(answer, None) + COMPLETE})


class EventStream:
    """One subscription of one client: its reader, and the writer of its response."""

    __slots__ = (
        "_caller",
        "_cursor",
        "_desk",
        "_is_over",
        "_leash",
        "_outbox",
        "_send",
        "_stream",
        "_talking",
        "_waiting",
        "_writing",
        "slot",
    )

    def __init__(self, desk: Desk, caller: Caller, send: Send) -> None:
        settings = desk.settings
        self._desk = desk
        self._caller = caller
        self._send = send
        self._outbox = Outbox(settings.max_waiting_events, settings.max_waiting_bytes)
        self._stream: Stream | None = None
        self._cursor: str | None = None
        self._is_over = False
        self._writing: asyncio.Task[None] | None = None
        self._talking: asyncio.Task[None] | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._leash = Leash(desk.services, caller.viewer, self._expired)
        self.slot = 0

    async def run(
        self, prepared: Prepared, cursors: Sequence[str], receive: Receive, headers: Headers
    ) -> None:
        """Until the client has gone, or all is said. Raises nothing: the response has begun."""
        desk = self._desk
        await self._send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *headers]})
        desk.metrics.streams["sse"] += 1
        desk.heart.add(self)
        desk.lives.add(self)
        try:
            outcome = await self._open(prepared, cursors)
            desk.metrics.operations["sse", "subscription", outcome] += 1
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._end()

    async def _open(self, prepared: Prepared, cursors: Sequence[str]) -> str:
        desk = self._desk
        try:
            async with asyncio.timeout(desk.settings.operation_seconds):
                stream = await desk.answering.open(prepared, self._caller, self, cursors)
        except Refused as refused:
            self.next(orjson.dumps({"data": None, "errors": refused.errors}), None)
            self.complete()
            return "refused"
        except Exception:
            log.exception("stream_not_opened")
            self.broken()
            return "failed"
        self._stream = stream
        if self._is_over:
            stream.close()
        return "ok"

    # What it is told (gateway.transport.streams.Reader)

    def next(self, payload: bytes, cursor: str | None, replaces: Hashable | None = None) -> None:
        """Written at once, or as soon as the client takes it."""
        if self._is_over:
            return
        if self._outbox.is_full:
            self._too_slow()
            return
        self._desk.metrics.event_deliveries += 1
        self._put(event(payload, cursor), cursor, replaces)

    def complete(self) -> None:
        self._finish(COMPLETE)

    def broken(self) -> None:
        """Without `complete`: clients take that as a cut, and come again with their cursor."""
        self._finish(b"")

    async def drained(self) -> None:
        if self._writing is not None and not self._writing.done():
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting

    # What else may happen to it

    def beat(self) -> None:
        """A sign of life."""
        if not self._is_over and not self._outbox:
            self._put(COMMENT, None)

    def leave(self) -> None:
        """The process stops."""
        self._say_last("SHUTTING_DOWN", lambda: None)

    def cut(self) -> None:
        """There is no more time."""
        self.broken()

    def _expired(self, _reason: str) -> None:
        self.broken()

    def _too_slow(self) -> None:
        """What waits is let go of: the client comes again behind what it has read."""
        self._desk.metrics.slow_readers["sse"] += 1
        self._outbox.clear()
        self._say_last("TOO_SLOW", lambda: self._cursor)

    def _say_last(self, reason: str, cursor: Callable[[], str | None]) -> None:
        if not self._is_over:
            self._is_over = True
            self._talking = start_task(self._last_words(reason, cursor()), asyncio.get_running_loop())

    async def _last_words(self, reason: str, cursor: str | None) -> None:
        ended = None
        if self._stream is not None:
            try:
                ended = await self._stream.ended(reason, cursor)
            except Exception:
                log.exception("stream_end_not_told")
        self._close_stream()
        self._put(b"" if ended is None else event(ended, cursor), cursor, is_last=True)

    def _finish(self, last: bytes) -> None:
        if not self._is_over:
            self._is_over = True
            self._close_stream()
            self._put(last, None, is_last=True)

    def _close_stream(self) -> None:
        """In the next turn: this one may be the stream's own."""
        if self._stream is not None:
            asyncio.get_running_loop().call_soon(self._stream.close)

    def _end(self) -> None:
        """Of everything, whoever began it."""
        self._is_over = True
        self._outbox.clear()
        self._leash.drop()
        self._desk.heart.remove(self)
        self._desk.lives.discard(self)
        self._desk.metrics.streams["sse"] -= 1
        for task in (self._writing, self._talking):
            if task is not None:
                task.cancel()
        if self._stream is not None:
            self._stream.close()

    # Writing

    def _put(
        self, frame: bytes, cursor: str | None, replaces: Hashable | None = None, *, is_last: bool = False
    ) -> None:
        self._outbox.put((frame, cursor, is_last), len(frame), replaces)
        if self._writing is None or self._writing.done():
            self._writing = start_task(self._write(), asyncio.get_running_loop())

    async def _write(self) -> None:
        for frame, cursor, is_last in self._outbox.drain():
            if cursor is not None:
                self._cursor = cursor
            await self._send({"type": "http.response.body", "body": frame, "more_body": not is_last})
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()
