"""No GraphQL: a bare ASGI application that has one statement for each page, whose JSON PostgreSQL makes."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import asyncpg
import orjson

from bench.floor.statements import BY_OPERATION

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
JSON = (b"content-type", b"application/json")


async def keep(_connection: Any) -> None:
    """In place of asyncpg's reset and its round trip."""


class Floor:
    """The application."""

    def __init__(self) -> None:
        self.pool: asyncpg.Pool | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert self.pool is not None  # noqa: S101 - it has started
        asked = orjson.loads(await body_of(receive))
        statement = BY_OPERATION[asked["operationName"]]
        answer = (await self.pool.fetchval(statement, *asked["variables"].values())).encode()
        headers = [JSON, (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        url = os.environ["DATABASE_URL"]
        self.pool = await asyncpg.create_pool(url, min_size=10, max_size=10, reset=keep)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})


async def body_of(receive: Receive) -> bytes:
    """All of a request's body."""
    parts = []
    while True:
        part = await receive()
        parts.append(part.get("body", b""))
        if not part.get("more_body"):
            return b"".join(parts)


app = Floor()
