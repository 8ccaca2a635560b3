"""The ASGI application: GraphQL, its page, and what an operator asks of a process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import structlog
from fastapi import FastAPI
from sqlalchemy import select, text
from starlette.responses import JSONResponse, Response

from gateway.answering import Answering
from gateway.graphql import GraphQL
from gateway.ide import mount_ide
from gateway.limits import BodyLimit
from gateway.operations import Operation
from gateway.requests import RequestIds
from kit.settings import Settings
from kit.statements import Record, Statement
from resolvers.context import Services
from schema.root import build_schema

log = structlog.get_logger()
OpenServices = Callable[[], AbstractAsyncContextManager[Services]]
PING = Statement(select(text("1 as one")), Record)


def create_app(settings: Settings, open_services: OpenServices) -> FastAPI:
    """An application that opens its services when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services() as services:
            app.state.services = services
            yield

    app = FastAPI(title="Crossfade", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    schema = build_schema(settings, [Operation])
    app.state.answering = Answering(
        build_schema(settings), settings, lambda reason: log.warning("operation_not_planned", reason=reason)
    )
    app.include_router(GraphQL(schema, settings))
    mount_ide(app, settings)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/readyz", ready_check(app), include_in_schema=False)
    app.add_middleware(BodyLimit, most=settings.max_body_bytes)
    app.add_middleware(RequestIds)
    return app


async def healthz() -> Response:
    """The process runs."""
    return JSONResponse({"status": "ok"})


def ready_check(app: FastAPI) -> Callable[[], object]:
    """Whether the process can answer: its database does."""

    async def readyz() -> Response:
        services: Services = app.state.services
        try:
            async with services.database.read(None) as lease:
                await lease.fetch(PING)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return JSONResponse({"status": "database unreachable"}, status_code=503)
        return JSONResponse({"status": "ready"})

    return readyz
