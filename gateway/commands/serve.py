"""`crossfade serve`: one gateway process."""

import gc
import socket

import structlog
import uvloop

from gateway.app import create_app
from gateway.databases import checked, existing
from gateway.lifeline import await_database
from gateway.listening import address_of, listen
from gateway.server import Server
from gateway.services import Plug, open_services
from kit.bus_postgres import PostgresBus
from kit.log import configure_logs
from kit.settings import Settings
from models.access import GATEWAY

log = structlog.get_logger()

YOUNG = 10_000
"""Objects made since the last collection, for the next one: a page makes thousands and drops them again."""


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
        # The schema and all modules stay: a full collection need not look at them each time (100 ms).
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG)
        uvloop.run(Server(settings, app).serve(sockets=[listening]))
    tell("gateway_stopped")
    return 0


def _listening(settings: Settings, inherited: int | None) -> socket.socket:
    if inherited is not None:
        return socket.socket(fileno=inherited)
    return listen(settings.host, settings.port)
