"""People who send and people who listen, through whatever happens to the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.acceptance.house import PATIENCE, FailedError, House, until

SEND = """mutation ($room: ID!, $content: String!, $key: UUID!) {
  sendMessage(input: {roomId: $room, content: $content, clientKey: $key}) {
    edge { node { id clientKey } } userErrors { code message } } }"""
ROOM = "{ defaultRoom { id eventCursor } }"
LISTEN = """subscription ($room: ID!, $after: Cursor) {
  roomEvents(roomId: $room, after: $after) {
    __typename
    ... on StreamEvent { cursor originKey }
    ... on MessageAdded { messageEdge { node { id clientKey content } } } } }"""
ORDER = """
  select m.client_key::text from events e join chat_messages m on m.id = (e.payload->>'message')::bigint
  where e.kind = 'message_added' order by e.topic, e.seq"""


class Sender:
    """Says one thing after another; what was not acknowledged is said again with the same key."""

    def __init__(self, house: House, token: str, room: str) -> None:
        self._house = house
        self._token = token
        self._room = room
        self.acknowledged: list[str] = []
        self.tries = 0

    async def talk(self, until: asyncio.Event) -> None:
        """Until told to stop, and then to the acknowledgement of the last one."""
        while not until.is_set():
            await self.say(f"number {len(self.acknowledged)}")

    async def say(self, content: str) -> None:
        """One thing, until it is acknowledged."""
        key = str(uuid4())
        await until(lambda: self._try(content, key), every=0.1)
        self.acknowledged.append(key)

    async def _try(self, content: str, key: str) -> bool:
        values = {"room": self._room, "content": content, "key": key}
        self.tries += 1
        try:
            sent = (await self._house.ask(SEND, values, self._token))["sendMessage"]
        except httpx.HTTPError:
            return False
        except FailedError as error:
            if "INTERNAL_SERVER_ERROR" not in str(error):  # its database has gone before it
                raise
            return False
        assert sent["userErrors"] == []
        assert sent["edge"]["node"]["clientKey"] == key
        return True


class Listener:
    """Hears a room; after each cut it comes back with its cursor."""

    def __init__(self, house: House, token: str, room: str, cursor: str) -> None:
        self._address = house.address.replace("http", "ws") + "/graphql"
        self._token = token
        self._room = room
        self.cursor = cursor
        self.heard: list[str] = []
        """The keys of the messages, in the order in which they came."""
        self.is_ready = asyncio.Event()
        self.connections = 0
        self.close_codes: list[int | None] = []
        """None where the gateway said no word."""

    async def listen(self) -> None:
        """For ever; to be cancelled."""
        while True:
            try:
                async with connected(self._address) as socket:
                    await self._subscribe(socket)
                    async for message in socket:
                        if not await self._hear(socket, orjson.loads(message)):
                            break
            except ConnectionClosed as error:
                self.close_codes.append(error.rcvd.code if error.rcvd else None)
            except (OSError, WebSocketException):
                pass  # nobody answers yet
            await asyncio.sleep(0.05)

    async def _subscribe(self, socket: ClientConnection) -> None:
        self.connections += 1
        params = {"Authorization": f"Bearer {self._token}"}
        await socket.send(orjson.dumps({"type": "connection_init", "payload": params}).decode())
        values = {"room": self._room, "after": self.cursor}
        payload = {"query": LISTEN, "variables": values}
        await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": payload}).decode())

    async def _hear(self, socket: ClientConnection, message: Any) -> bool:
        """Whether to go on: no, where its database has gone before it."""
        if message["type"] == "ping":
            await socket.send('{"type":"pong"}')
        if "INTERNAL_SERVER_ERROR" in str(message):
            return False
        if message["type"] != "next":
            assert message["type"] in {"connection_ack", "ping"}, message
            return True
        event = message["payload"]["data"]["roomEvents"]
        assert event["__typename"] in {"StreamReady", "MessageAdded"}, event
        self.is_ready.set()
        if event["__typename"] == "MessageAdded":
            node = event["messageEdge"]["node"]
            assert event["originKey"] == node["clientKey"]
            self.heard.append(node["clientKey"])
        self.cursor = event["cursor"]
        return True

    async def has_heard(self, count: int) -> None:
        """Until it has heard as many."""
        await until(lambda: len(self.heard) >= count)


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[ClientConnection]:
    """A socket, compressed by nobody and through no proxy."""
    async with connect(
        address, subprotocols=["graphql-transport-ws"], compression=None, proxy=None, open_timeout=30
    ) as socket:
        yield socket


@asynccontextmanager
async def listening(*listeners: Listener) -> AsyncIterator[None]:
    """They listen while the block runs, from its beginning."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(listener.listen()) for listener in listeners]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(listener.is_ready.wait() for listener in listeners))
        yield
        for task in tasks:
            task.cancel()


async def order_of(admin: asyncpg.Connection) -> list[str]:
    """The keys of all messages that were ever told, in the order of their events."""
    return [row[0] for row in await admin.fetch(ORDER)]
