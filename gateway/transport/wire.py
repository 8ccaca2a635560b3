"""uvicorn's protocols, with what ASGI has no words for: time for half requests, frames written at once."""

from collections.abc import Sequence
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any, Protocol
from uuid import uuid4

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

SOCKET = "crossfade.socket"
"""In the extensions of a socket's scope: the protocol itself, to be taken over."""
RESPONSE = "crossfade.response"
"""In the extensions of a request's scope: uvicorn's response, for `respond`."""
LONGEST_HEAD = 65_536
"""Bytes of a request before its body."""
HIGH_WATER = 32_768
"""Bytes in a socket's own buffer from which it counts as slow."""
KERNEL_BUFFER = 65_536
"""Bytes that the kernel may keep for it, which doubles them; else megabytes for each that does not read."""
REFUSAL = b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
LINGER_SECONDS = 30.0
"""For a client to read up to our close frame and answer it. Then the connection is cut."""


class Hearing(Protocol):
    """Who takes a socket over."""

    def hear(self, data: bytes | bytearray, *, is_text: bool) -> None:
        """One message."""

    def resumed(self) -> None:
        """It may be written to again."""

    def lost(self) -> None:
        """It is closed."""


class Limits:
    """Seconds that a connection has; set once by the server."""

    __slots__ = ("receive", "stall")

    def __init__(self, receive: float, stall: float) -> None:
        self.receive = receive
        """To send a request."""
        self.stall = stall
        """To read anything of what was written."""


async def respond(
    response: RequestResponseCycle, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes
) -> None:
    """All of an answer in one write: by ASGI it would be two, and two packets. `headers` are sound."""
    if response.flow.write_paused and not response.disconnected:
        await response.flow.drain()
    if response.disconnected:
        return
    parts = [STATUS_LINE[status]]
    for name, value in (*response.default_headers, *headers):
        parts += (name, b": ", value, b"\r\n")
    if not response.keep_alive:
        parts.append(b"connection: close\r\n")
    parts += (b"\r\n", body)
    response.response_started = response.response_complete = True
    response.waiting_for_100_continue = False
    response.transport.write(b"".join(parts))
    response.message_event.set()
    if not response.keep_alive:
        response.transport.close()
    response.on_response()


class HttpConnection(HttpToolsProtocol):
    """One that sends its requests whole, in time, with a head of bounded size, and reads its answers."""

    is_head = True
    head_size = 0
    stalled_since: float | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.waiting_since: float | None = self.loop.time()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.is_head and self.parser is not None:
            self.head_size += len(data)
            if self.head_size > LONGEST_HEAD:
                status, most = b"431 Request Header Fields Too Large", LONGEST_HEAD
                self._end(status, "BAD_USER_INPUT", f"The head of a request has at most {most} bytes.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.waiting_since = self.loop.time()
        self.is_head, self.head_size = True, 0

    def on_headers_complete(self) -> None:
        self.is_head = False
        super().on_headers_complete()
        extensions: Any = {RESPONSE: self.cycle}
        self.scope["extensions"] = extensions

    def on_message_complete(self) -> None:
        self.waiting_since = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        self.stalled_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.stalled_since = None
        super().resume_writing()

    def check(self, now: float, limits: Limits) -> None:
        """Called each second: end it where its time is up. A request that runs ends by itself."""
        if self.stalled_since is not None and now - self.stalled_since > limits.stall:
            self.transport.abort()
        elif self.waiting_since is not None and now - self.waiting_since > limits.receive:
            if self.is_head or not self.cycle.response_started:
                self._end(b"408 Request Timeout", "TIMEOUT", "The request did not come in time.")
            else:
                self.transport.close()

    def _end(self, status: bytes, code: str, message: str) -> None:
        """Before any application hears of it, or while one waits for the rest."""
        self.waiting_since = None
        self.is_head = False
        request_id = uuid4().hex
        extensions = {"code": code, "requestId": request_id}
        body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
        self.transport.write(REFUSAL % (status, len(body)) + body)
        self.transport.close()


class SocketConnection(WebSocketsSansIOProtocol):
    """One whose session hears each message as it comes and writes at once: no task, queue or event between.

    It takes nothing while its client takes nothing.
    """

    session: Hearing | None = None
    is_paused = False
    stalled_since = 0.0

    # For its session

    def take_over(self, session: Hearing) -> None:
        """From now on it hears. A client waits for our handshake before it says anything (RFC 6455, 4.1)."""
        self.session = session
        self.transport.set_write_buffer_limits(HIGH_WATER)
        self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER)
        self.transport.resume_reading()
        del self.scope, self.request, self.response

    def write(self, frame: bytes) -> None:
        """Whole frames, nothing else."""
        if not self.close_sent:
            self.transport.write(frame)

    def hold(self) -> None:
        """Hear nothing more for now."""
        self.transport.pause_reading()

    def go_on(self) -> None:
        """Hear again."""
        if not self.is_paused:
            self.transport.resume_reading()

    def close(self, code: int, reason: str) -> None:
        """Say so, and wait a while for the answer."""
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.resume_reading()
        self._linger()

    def cut(self) -> None:
        """Without a word."""
        self.transport.abort()

    def check(self, now: float, limits: Limits) -> None:
        """Called each second: cut it where it has taken nothing for too long."""
        if self.is_paused and now - self.stalled_since > limits.stall:
            self.transport.abort()

    # uvicorn's

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            extensions: Any = self.scope["extensions"]
            extensions[SOCKET] = self

    async def run_asgi(self) -> None:
        """The application returns where a session has taken over; uvicorn would close the connection."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:
            self.logger.exception("Exception in ASGI application")
        if self.session is None:
            self.send_500_response()
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        if self.session is None:
            super().send_receive_event_to_app()
            return
        data, self.frames = self.frames[0], []
        if not self.close_sent:
            self.session.hear(data, is_text=self.curr_msg_data_type == "text")

    def handle_text(self, event: Frame) -> None:
        if not event.fin:
            event.data = bytearray(event.data)
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        if not event.fin:
            event.data = bytearray(event.data)
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Joined as they come: a million empty ones take no room."""
        self.frames[0] += event.data
        if event.fin:
            self.send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """What is no frame: say so and read on a while, or the kernel cuts the line before they see it."""
        if not self.close_sent:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self._linger()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_paused = True
        self.stalled_since = self.loop.time()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.is_paused = False
        if self.session is None or self.close_sent:
            self.transport.resume_reading()
        else:
            self.session.resumed()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.session is not None:
            self.session.lost()
            self.session = None

    def _linger(self) -> None:
        self.close_sent = True
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
