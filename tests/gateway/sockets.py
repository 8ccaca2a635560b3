"""A gateway on a port of this machine, and sockets to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.app import Gateway
from gateway.server import Server

PROTOCOL = "graphql-transport-ws"
DEADLINE = 30
"""Seconds; a test that waits longer hangs."""


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what happens soon in another task."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


class Quiet(Server):
    """One that is stopped by its test, not by a signal."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: Gateway) -> AsyncIterator[str]:
    """Its address, such as `127.0.0.1:40000`."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = Quiet(app.state.settings, app)
        server.config.lifespan = "off"
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


class Socket:
    """One connection that speaks graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> Any:
        """The next message."""
        async with asyncio.timeout(DEADLINE):
            return json.loads(await self.connection.recv())

    async def begin(self, token: str | None = None, name: str = "authorization") -> Self:
        """Say who asks, and wait for the answer."""
        await self.send(type="connection_init", payload={name: f"Bearer {token}"} if token else {})
        assert await self.receive() == {"type": "connection_ack", "payload": {}}
        return self

    async def subscribe(self, key: str, query: str, /, **variables: Any) -> None:
        """Ask; whatever kind of operation it is."""
        await self.send(type="subscribe", id=key, payload={"query": query, "variables": variables})

    async def next(self, key: str) -> Any:
        """The payload of the next message, which is an answer to `key`."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", key)
        return message["payload"]

    async def once(self, key: str, query: str, /, **variables: Any) -> Any:
        """The payload of the one answer of a query or a mutation."""
        await self.subscribe(key, query, **variables)
        payload = await self.next(key)
        assert await self.receive() == {"type": "complete", "id": key}
        return payload

    async def refused(self, key: str) -> list[str]:
        """The codes of an operation that did not begin."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("error", key)
        return [error["extensions"]["code"] for error in message["payload"]]

    async def end(self) -> tuple[int, str]:
        """With which code and reason the server closes; no message comes before."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


@asynccontextmanager
async def opened(address: str, **options: Any) -> AsyncIterator[Socket]:
    """A socket to a gateway. `options` as `websockets` takes them."""
    given = {"subprotocols": [PROTOCOL], "proxy": None, **options}
    async with connect(f"ws://{address}/graphql", **given) as connection:
        yield Socket(connection)
