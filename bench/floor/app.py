"""No GraphQL: a bare ASGI application that has one statement for each page, whose JSON PostgreSQL makes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson

from bench.asgi import Message, Receive, Send, answer, body_of, live, open_pool
from bench.floor.statements import BY_OPERATION


class Floor:
    """The application."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, or the life of the process."""
        if scope["type"] == "lifespan":
            await live(receive, send, self._opened())
            return
        assert self._pool is not None  # noqa: S101 - it has started
        asked = orjson.loads(await body_of(receive))
        statement = BY_OPERATION[asked["operationName"]]
        text = await self._pool.fetchval(statement, *asked["variables"].values())
        await answer(send, text.encode())

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        self._pool = await open_pool(os.environ["DATABASE_URL"])
        yield
        await self._pool.close()


app = Floor()
