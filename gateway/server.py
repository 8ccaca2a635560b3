"""uvicorn as we run it: its protocols are ours, and it ends in peace."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from gateway.app import Gateway
from gateway.transport.wire import HttpConnection, Limits, SocketConnection
from kit.settings import Settings

DRAIN_SECONDS = 10
"""For what runs when the process is told to stop."""
TICKS = 10
"""Of uvicorn's in a second."""


class Server(uvicorn.Server):
    """Ends on the first SIGTERM or Ctrl-C, and at once on the second Ctrl-C."""

    def __init__(self, settings: Settings, app: Gateway) -> None:
        super().__init__(uvicorn_config(settings, app))
        self._app = app
        self._limits = Limits(settings.receive_seconds, settings.stall_seconds)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """In place of uvicorn's, which kills the process by the same signal when all is done."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def on_tick(self, counter: int) -> bool:
        """Besides uvicorn's own, each second: end connections that are half open or stuck."""
        if counter % TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in tuple(self.server_state.connections):
                connection.check(now, self._limits)  # type: ignore[union-attr]  # both of ours can
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new, say goodbye to those who listen, then wait as uvicorn does for those who asked."""
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        if not self.force_exit:
            await self._app.drain(DRAIN_SECONDS)
        await super().shutdown(sockets)


def uvicorn_config(settings: Settings, app: Gateway) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        app,
        http=HttpConnection,
        ws=SocketConnection,
        ws_max_size=settings.max_body_bytes,
        ws_ping_interval=None,  # the protocol has pings of its own; uvicorn's end in 1011, for good
        # 25 KiB for an idle socket; with deflate 59 or 155.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
