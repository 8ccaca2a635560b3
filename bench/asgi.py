"""What the bare ASGI applications of this folder share: the life of a process, a body, an answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
JSON = (b"content-type", b"application/json")


async def live(receive: Receive, send: Send, opened: AbstractAsyncContextManager[None]) -> None:
    """The lifespan of a process: `opened` from its beginning to its end."""
    await receive()
    async with opened:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def body_of(receive: Receive) -> bytes:
    """All of a request's body."""
    parts = []
    while True:
        part = await receive()
        parts.append(part.get("body", b""))
        if not part.get("more_body"):
            return b"".join(parts)


async def answer(send: Send, body: bytes) -> None:
    """A whole response in JSON."""
    headers = [JSON, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def open_pool(url: str, **options: Any) -> asyncpg.Pool:
    """Ten connections, as everybody has. Nothing is reset: nothing here changes a session but its viewer."""
    return await asyncpg.create_pool(url, min_size=10, max_size=10, reset=_keep, **options)


async def _keep(_connection: Any) -> None:
    """In place of asyncpg's reset and its round trip."""
