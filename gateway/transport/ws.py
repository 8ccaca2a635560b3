"""graphql-transport-ws: one socket, its operations and its streams."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from graphql import OperationType

from executor.engine import Prepared
from executor.running import start_task
from gateway.answering import Refused
from gateway.context import Caller
from gateway.transport import messages
from gateway.transport.asking import Malformed
from gateway.transport.desk import Desk, errors_of
from gateway.transport.leash import Leash
from gateway.transport.messages import Message
from gateway.transport.outbox import Outbox
from gateway.transport.socket_stream import SocketStream
from gateway.transport.wire import SocketConnection
from kit.errors import BadInput, Unauthenticated
from kit.log import REQUEST
from resolvers.context import Request

log = structlog.get_logger()

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
INIT_TIMEOUT = 4408
ID_TAKEN = 4409
INIT_TWICE = 4429
COME_AGAIN = 1012
TOO_SLOW = 1013
LONGEST_REASON = 120
"""Bytes; a close frame has room for 123."""
PARTING_SECONDS = 0.4
"""For answers that are under way when the one who asked may no longer ask."""


class Running:
    """A query or a mutation under way."""

    __slots__ = ("kind", "task")

    def __init__(self, kind: OperationType) -> None:
        self.kind = kind
        self.task: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """The client wants no answer. What may have been written is not left in the middle."""
        if self.kind is OperationType.QUERY and self.task is not None:
            self.task.cancel()


class Session:
    """Speaks to one client. Everything it is told comes in turns of the loop; it never waits itself."""

    __slots__ = (
        "_errands",
        "_inbox",
        "_is_busy",
        "_is_greeted",
        "_is_over",
        "_is_ready",
        "_leash",
        "_loop",
        "_most_running",
        "_operations",
        "_outbox",
        "_parting",
        "_running",
        "_streams",
        "_timer",
        "_waiting",
        "caller",
        "cursors",
        "desk",
        "has_spoken",
        "is_asked",
        "slot",
        "wire",
    )

    def __init__(self, desk: Desk, wire: SocketConnection, request: Request, request_id: str) -> None:
        self.desk = desk
        self.wire = wire
        self.caller = Caller(desk.services, request, request_id=request_id)
        self.cursors: list[str] = []
        self.has_spoken = False
        self.is_asked = False
        self.slot = -1
        self._loop = asyncio.get_running_loop()
        self._operations: dict[str, Running | SocketStream] = {}
        self._running = 0
        self._most_running = desk.settings.max_operations_per_socket
        self._streams = 0
        self._inbox: deque[tuple[bytes | bytearray, bool]] | None = None
        self._outbox: Outbox | None = None
        self._waiting: list[asyncio.Future[None]] | None = None
        self._errands: set[asyncio.Task[None]] | None = None
        self._leash: Leash | None = None
        self._parting: tuple[int, str] | None = None
        self._is_busy = self._is_greeted = self._is_ready = self._is_over = False
        seconds = desk.settings.connection_init_seconds
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(seconds, self._too_late)
        desk.metrics.sockets += 1
        wire.take_over(self)
        desk.lives.add(self)

    # What is heard

    def hear(self, data: bytes | bytearray, *, is_text: bool) -> None:
        """One message. In a turn of the loop one question is looked at, and only so many are run at once."""
        self.has_spoken = True
        if self._is_over or self._parting is not None:
            return
        if self._inbox or self._is_busy or self._running >= self._most_running:
            if self._inbox is None:
                self._inbox = deque()
            self._inbox.append((data, is_text))
            self.wire.hold()
            return
        self._handle(data, is_text=is_text)

    def _handle(self, data: bytes | bytearray, *, is_text: bool) -> None:
        try:
            message = messages.message_in(data if is_text else b"")
            HANDLERS[message.type](self, message)
        except Malformed as wrong:
            self.close(BAD_REQUEST, wrong.message)

    def _next_turn(self) -> None:
        self._is_busy = False
        self._work_off()

    def _work_off(self) -> None:
        while self._inbox and not self._is_over and not self._is_busy and self._running < self._most_running:
            data, is_text = self._inbox.popleft()
            self._handle(data, is_text=is_text)
        if not self._inbox and not self._is_over:
            self.wire.go_on()

    def _hear_init(self, message: Message) -> None:
        if self._is_greeted:
            self.close(INIT_TWICE, "Too many initialisation requests")
            return
        self._is_greeted = True
        said = messages.introduction_in(message.payload)
        self.cursors = said.cursors
        self._start(self._greet(said.authorization))

    async def _greet(self, authorization: str | None) -> None:
        viewer = await self._identified(authorization)
        if self._is_over:
            return
        self.caller.viewer = viewer
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._leash = Leash(self.desk.services, viewer, self._lose)
        self._is_ready = True
        self.desk.heart.add(self)
        self.wire.write(messages.ACK)

    def _hear_ping(self, message: Message) -> None:
        authorization = messages.authorization_in(message.payload)
        self.write(messages.pong_frame(None if authorization else message.payload))
        if authorization and self._is_ready:
            self._start(self._renew(authorization))

    async def _renew(self, authorization: str) -> None:
        viewer, before = await self._identified(authorization), self.caller.viewer
        if self._is_over or viewer is None:
            return
        if before is None or before.user_id != viewer.user_id:
            self._part(FORBIDDEN, "The token of somebody else")
            return
        self.caller.viewer = viewer
        if self._leash is not None:
            self._leash.drop()
        self._leash = Leash(self.desk.services, viewer, self._lose)

    async def _identified(self, authorization: str | None) -> Any:
        try:
            return await self.desk.bearers.viewer_of(self.desk.services, authorization)
        except Unauthenticated as refused:
            self._part(FORBIDDEN, refused.message)
        except Exception:
            log.exception("viewer_not_found")
            self.close(COME_AGAIN, "Come again")

    def _hear_pong(self, message: Message) -> None:
        """It lives."""

    def _hear_complete(self, message: Message) -> None:
        operation = self._operations.pop(message.id, None)
        if operation is not None:
            operation.stop()

    def _hear_subscribe(self, message: Message) -> None:
        self._is_busy = True
        self._loop.call_soon(self._next_turn)
        key = message.id
        if not self._is_ready:
            self.close(UNAUTHORIZED, "Unauthorized")
        elif key in self._operations:
            self.close(ID_TAKEN, "An operation with this id is under way")
        else:
            sent = messages.operation_in(message)
            try:
                prepared = self.desk.prepare(sent, self.caller.request_id)
            except Refused as refused:
                self.write(messages.error_frame(key, refused.errors))
            else:
                self._begin(key, prepared)

    # What is answered

    def _begin(self, key: str, prepared: Prepared) -> None:
        if prepared.kind is OperationType.SUBSCRIPTION:
            most = self.desk.settings.max_subscriptions_per_socket
            if self._streams >= most:
                refused = BadInput(f"A socket carries at most {most} subscriptions at a time.")
                self.write(messages.error_frame(key, errors_of(refused, self.caller.request_id)))
                return
            self._streams += 1
            self.desk.metrics.streams["websocket"] += 1
            self._operations[key] = stream = SocketStream(self, key)
            self._start(stream.open(prepared))
        else:
            self._running += 1
            self._operations[key] = running = Running(prepared.kind)
            running.task = self._start(self._answer(key, running, prepared))

    async def _answer(self, key: str, running: Running, prepared: Prepared) -> None:
        REQUEST.set(self.caller.request_id)
        said = b""
        try:
            answer = await self.desk.answer(prepared, self.caller, "websocket")
            said = messages.frame(messages.next_head(key), answer, b"}") + messages.complete_frame(key)
        except Refused as refused:
            said = messages.error_frame(key, refused.errors)
        finally:
            self._answered(key, running, said)

    def _answered(self, key: str, running: Running, said: bytes) -> None:
        self._running -= 1
        if self._operations.get(key) is running:
            del self._operations[key]
            self.write(said)
        if self._parting is not None:
            self._part_when_answered()
        elif self._inbox:
            self._work_off()

    def finished(self, stream: SocketStream, frame: bytes) -> None:
        """The last word of a stream that ends by itself."""
        if self._operations.get(stream.key) is stream:
            del self._operations[stream.key]
        self.write(frame)

    def dropped(self) -> None:
        """A stream is no more."""
        self._streams -= 1
        self.desk.metrics.streams["websocket"] -= 1

    def write(self, frame: bytes, size: int = 0, stream: SocketStream | None = None, key: Any = None) -> None:
        """Now, or behind what waits. Of a stream, `frame` is a payload, which others may share."""
        if self._is_over:
            return
        if self._outbox is None:
            if not self.wire.is_paused:
                self.wire.write(frame if stream is None else stream.framed(frame))
                return
            settings = self.desk.settings
            self._outbox = Outbox(settings.max_waiting_events, settings.max_waiting_bytes)
        if self._outbox.is_full:
            self.desk.metrics.slow_readers["websocket"] += 1
            self.close(TOO_SLOW, "You read too slowly")
            return
        self._outbox.put((stream, frame), size or len(frame), key)

    def resumed(self) -> None:
        """The client reads again."""
        if self._outbox is not None:
            for stream, frame in self._outbox.drain():
                if stream is None:
                    self.wire.write(frame)
                elif not stream.is_dropped:
                    self.wire.write(stream.framed(frame))
                if self.wire.is_paused:
                    return
            self._outbox = None
        if self._waiting is not None:
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)
            self._waiting = None
        if not self._inbox:
            self.wire.go_on()

    async def drained(self) -> None:
        """Until nothing waits."""
        if self._outbox is not None or self.wire.is_paused:
            waiting: asyncio.Future[None] = self._loop.create_future()
            self._waiting = [*(self._waiting or ()), waiting]
            await waiting

    # How it ends

    def beat(self) -> None:
        """Ask who has been silent for a while whether they are there."""
        if self.has_spoken or self.wire.is_paused or self._inbox:
            self.has_spoken = self.is_asked = False
        elif self.is_asked:
            self.close(TOO_SLOW, "No answer to a ping")
        else:
            self.is_asked = True
            self.wire.write(messages.PING)

    def leave(self) -> None:
        """The process stops."""
        self._part(COME_AGAIN, "The server restarts")

    def cut(self) -> None:
        """There is no more time."""
        self.close(*(self._parting or (COME_AGAIN, "The server restarts")))

    def _lose(self, reason: str) -> None:
        self._part(FORBIDDEN, reason)
        if not self._is_over:
            self._timer = self._loop.call_later(PARTING_SECONDS, self.cut)

    def _part(self, code: int, reason: str) -> None:
        """End all streams now, and the socket as soon as what is being answered has been."""
        if self._parting is None and not self._is_over:
            self._parting = code, reason
            for operation in tuple(self._operations.values()):
                if isinstance(operation, SocketStream):
                    operation.stop()
            self._part_when_answered()

    def _part_when_answered(self) -> None:
        if self._parting is not None and self._running == 0:
            self.close(*self._parting)

    def _too_late(self) -> None:
        self.close(INIT_TIMEOUT, "Connection initialisation timeout")

    def close(self, code: int, reason: str) -> None:
        """With what waits left unsaid."""
        if not self._is_over:
            self._is_over = True
            self.desk.metrics.closes[code] += 1
            self.wire.close(code, reason[:LONGEST_REASON])
            self._loop.call_soon(self._let_go)  # a stream of its own may be speaking

    def lost(self) -> None:
        """The connection is closed, by whom ever."""
        self._is_over = True
        self.desk.metrics.sockets -= 1
        self._let_go()

    def _let_go(self) -> None:
        self.desk.lives.discard(self)
        self.desk.heart.remove(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._leash is not None:
            self._leash.drop()
        for operation in self._operations.values():
            operation.stop()
        self._operations.clear()
        self._inbox = self._outbox = None

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = start_task(work, self._loop)
        if not task.done():
            if self._errands is None:
                self._errands = set()
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)
        return task


HANDLERS: dict[str, Callable[[Session, Message], None]] = {
    "connection_init": Session._hear_init,  # noqa: SLF001 - its own
    "ping": Session._hear_ping,  # noqa: SLF001
    "pong": Session._hear_pong,  # noqa: SLF001
    "subscribe": Session._hear_subscribe,  # noqa: SLF001
    "complete": Session._hear_complete,  # noqa: SLF001
}
