"""The ASGI application: GraphQL before all else, its page, and what an operator asks of a process."""

from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import strawberry
import structlog
from sqlalchemy import select, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from gateway.answering import Answering
from gateway.ide import ide_assets
from gateway.metrics import Metrics
from gateway.transport.cookies import PATH
from gateway.transport.desk import Desk
from gateway.transport.http import Exchange
from gateway.transport.upgrade import open_socket, refuse
from kit.settings import Settings
from kit.statements import Record, Statement
from resolvers.context import Services
from schema.root import build_schema

log = structlog.get_logger()
OpenServices = Callable[[], AbstractAsyncContextManager[Services]]
PING = Statement(select(text("1 as one")), Record)
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Gateway:
    """Hands `/graphql` to our transports as it comes, and the rest to a framework."""

    def __init__(self, desk: Desk, rest: Starlette) -> None:
        self.state = desk
        """Its `services` are there once it has started."""
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http" and scope["path"] == PATH:
            await Exchange(self.state, scope, receive, send).run()
        elif kind == "http":
            await self._rest(scope, receive, self._named(send))
        elif kind == "websocket" and scope["path"] == PATH:
            await open_socket(self.state, scope, receive, send)
        elif kind == "websocket":
            await receive()
            await refuse(send, 404, f"Sockets are opened at {PATH}.", self.state.request_ids.new())
        else:
            await self._rest(scope, receive, send)

    async def drain(self, seconds: float) -> None:
        """End sockets and event streams in a way that clients come back from."""
        await self.state.lives.drain(seconds)

    def _named(self, send: Send) -> Send:
        request_id = self.state.request_ids.new().encode()

        async def send_named(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            await send(message)

        return send_named


def create_app(
    settings: Settings, open_services: OpenServices, schema: strawberry.Schema | None = None
) -> Gateway:
    """An application that opens its services when it starts. Tests give a `schema` of their own."""
    metrics = Metrics()

    def on_fallback(reason: str) -> None:
        metrics.fell_back(reason)
        log.warning("operation_not_planned", reason=reason)

    desk = Desk(Answering(schema or build_schema(settings), settings, on_fallback), settings, metrics)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with open_services() as services:
            desk.services = services
            yield

    return Gateway(desk, Starlette(routes=_routes(desk), lifespan=lifespan))


def _routes(desk: Desk) -> list[Route | Mount]:
    async def healthz(_request: Request) -> Response:
        """The process runs."""
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        """The process can answer: its database does, and it is not about to stop."""
        if desk.lives.is_draining:
            return JSONResponse({"status": "stopping"}, status_code=503)
        try:
            async with desk.services.database.read(None) as lease:
                await lease.fetch(PING)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return JSONResponse({"status": "database unreachable"}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def metrics(_request: Request) -> Response:
        """What the process has counted."""
        return Response(desk.metrics.page(), media_type=TEXT)

    routes: list[Route | Mount] = [Route("/healthz", healthz), Route("/readyz", readyz)]
    if desk.settings.is_metrics_on:
        routes.append(Route("/metrics", metrics))
    if desk.settings.is_graphiql_on:
        routes.append(Mount("/ide/assets", ide_assets(), name="ide"))
    return routes
