"""`crossfade serve`: one gateway process."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from gateway.app import create_app
from gateway.databases import checked, existing
from gateway.lifeline import await_database
from gateway.listening import address_of, listen
from gateway.services import Plug, open_services
from kit.bus_postgres import PostgresBus
from kit.log import configure_logs
from kit.settings import Settings
from models.access import GATEWAY

log = structlog.get_logger()

DRAIN_SECONDS = 10
"""For requests that run when the process is told to stop."""


class Server(uvicorn.Server):
    """uvicorn, ending in peace on the first SIGTERM or Ctrl-C, and at once on the second Ctrl-C."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """In place of uvicorn's, which kills the process by the same signal when all is done."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def main(settings: Settings, *, supervised_socket: int | None = None) -> int:
    """Serve until told to stop. `supervised_socket` is given by `crossfade up`, with a pipe as stdin."""
    configure_logs(settings)
    is_supervised = supervised_socket is not None
    dsn = ""
    app = create_app(settings, lambda: open_services(settings, Plug(dsn, PostgresBus(dsn))))
    with _listening(settings, supervised_socket) as listening:
        dsn = await_database() if is_supervised else checked(existing(settings).as_role(GATEWAY))
        tell = log.debug if is_supervised else log.info  # `crossfade up` says it in its own words
        tell("gateway_starting", address=address_of(listening))
        uvloop.run(Server(uvicorn_config(settings, app)).serve(sockets=[listening]))
    tell("gateway_stopped")
    return 0


def _listening(settings: Settings, inherited: int | None) -> socket.socket:
    if inherited is not None:
        return socket.socket(fileno=inherited)
    return listen(settings.host, settings.port)


def uvicorn_config(settings: Settings, app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.max_body_bytes,
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
