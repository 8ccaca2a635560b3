"""Pages whose domains do not exist yet: our executor on the peers' schema, behind a bare application."""

import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

from bench.asgi import Message, Receive, Send, answer, body_of, live, open_pool
from bench.synthetic.loaders import Loaders
from bench.synthetic.schema import schema
from bench.synthetic.types import Context
from executor.encoding import encode
from executor.engine import Engine
from kit.db import PLANS, Database
from kit.statements import Record


class Pages(ABC):
    """The application; subclasses say who executes."""

    def __init__(self) -> None:
        self._database: Database | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, or the life of the process."""
        if scope["type"] == "lifespan":
            await live(receive, send, self._opened())
            return
        assert self._database is not None  # noqa: S101 - it has started
        asked = orjson.loads(await body_of(receive))
        async with self._database.read(None) as lease:
            result = await self.run(asked, Context(Loaders(lease)))
        said = {"data": result.data}
        if result.errors:
            said["errors"] = [error.formatted for error in result.errors]
        await answer(send, encode(said))

    @abstractmethod
    async def run(self, asked: dict[str, Any], context: Context) -> Any:
        """An execution result."""

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        pool = await open_pool(
            os.environ["DATABASE_URL"],
            record_class=Record,
            statement_cache_size=1000,
            max_cached_statement_lifetime=0,
            server_settings=PLANS,
        )
        self._database = Database(pool)
        yield
        await self._database.close()


class Planned(Pages):
    """By our executor."""

    def __init__(self) -> None:
        super().__init__()
        self._engine = Engine(schema, on_fallback=lambda reason: print("falls back:", reason, flush=True))

    async def run(self, asked: dict[str, Any], context: Context) -> Any:
        prepared = self._engine.prepare(asked["query"], asked["operationName"], asked["variables"])
        return await prepared.run(context)


class OnCore(Pages):
    """By Strawberry on graphql-core, on the same types and loaders: what the executor alone brings."""

    async def run(self, asked: dict[str, Any], context: Context) -> Any:
        named = {"operation_name": asked["operationName"], "context_value": context}
        return await schema.execute(asked["query"], asked["variables"], **named)


app = Planned()
core = OnCore()
