"""A real gateway with the real schema, and beside it the few fields that audits ask for.

Arguments: the database, and a file that gets the port.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import strawberry
import uvloop

from gateway.app import create_app
from gateway.listening import listen
from gateway.server import Server
from gateway.services import Plug, open_services
from kit.bus import LocalBus
from kit.log import configure_logs
from kit.settings import load_settings
from schema import root


class Streams:
    """Those under way, of either kind."""

    ticking = 0
    listening = staticmethod(lambda: 0)


@strawberry.type
class Query(root.Query):
    @strawberry.field
    def hello(self) -> str:
        return "hello"

    @strawberry.field
    def boom(self) -> str:
        raise RuntimeError("select password_hash from credentials")

    @strawberry.field
    def active_subscriptions(self) -> int:
        return Streams.ticking + Streams.listening()


@strawberry.type
class Mutation(root.Mutation):
    @strawberry.mutation
    def shout(self, text: str) -> str:
        return text.upper()


@strawberry.type
class Subscription(root.Subscription):
    @strawberry.subscription
    async def ticks(self, interval: float = 0.05, count: int = 1_000_000) -> AsyncGenerator[int, None]:
        Streams.ticking += 1
        try:
            for number in range(count):
                yield number
                await asyncio.sleep(interval)
        finally:
            Streams.ticking -= 1


def main(dsn: str, port_file: Path) -> None:
    """Until SIGTERM."""
    settings = load_settings()
    configure_logs(settings)
    schema = root.build_schema(settings, roots=(Query, Mutation, Subscription))
    app = create_app(settings, lambda: open_services(settings, Plug(dsn, LocalBus())), schema)
    Streams.listening = lambda: app.state.answering.fan_out.member_count
    with listen("127.0.0.1", 0) as listening:
        port_file.write_text(str(listening.getsockname()[1]), encoding="ascii")
        uvloop.run(Server(settings, app).serve(sockets=[listening]))


main(sys.argv[1], Path(sys.argv[2]))
