"""Sockets whose token runs out, and sockets whose clients do not read, with real streams."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from kit.settings import Rate, Settings
from tests.gateway.asking import token_of
from tests.gateway.sockets import opened

STREAM = """subscription($id: ID!, $after: Cursor) { roomEvents(roomId: $id, after: $after) { __typename
  ... on StreamEvent { cursor originKey } ... on StreamEnded { reason }
  ... on MessageAdded { messageEdge { node { content author { displayName } } } } } }"""
SEND = """mutation($input: SendMessageInput!) { sendMessage(input: $input) {
  edge { node { id } } userErrors { code } } }"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A sweep in the middle of a test would be counted."""
    changes = {
        "allowed_origins": ["https://app.example"],
        "rate_send_message": Rate(limit=10_000, per_seconds=1),
        "sweep_seconds": 60,
    }
    return settings.model_copy(update=changes)


@pytest.fixture
async def ada(people):
    return await people.signed_in("ada")


@pytest.fixture
def token(services, ada):
    return token_of(services, ada)


@pytest.fixture
async def room(rooms, ada):
    return await rooms.room(ada)


def said(room, content: str, key: str | None = None):
    return {"roomId": room.gid, "content": content, "clientKey": key or str(uuid4())}


async def test_a_token_is_renewed_on_the_open_socket(address, services, ada, people, room, token):
    async with opened(address) as socket:
        await socket.begin(token_of(services, ada, age=timedelta(minutes=15) - timedelta(seconds=4)))
        await socket.subscribe("s", STREAM, id=room.gid)
        await socket.next("s")
        await socket.send(type="ping", payload={"Authorization": f"Bearer {token}"})
        assert await socket.receive() == {"type": "pong"}
        await asyncio.sleep(4)
        await socket.subscribe("1", SEND, input=said(room, "Still here"))
        assert {(await socket.receive())["id"] for _ in range(3)} == {"s", "1"}


async def test_a_token_that_runs_out_ends_the_socket_and_no_stream_completes(address, services, ada, room):
    async with opened(address) as socket:
        await socket.begin(token_of(services, ada, age=timedelta(minutes=15) - timedelta(seconds=3)))
        await socket.subscribe("s", STREAM, id=room.gid)
        await socket.next("s")
        assert await socket.end() == (4403, "Token expired")


class Notes:
    """The first words of all that is said, and the last cursor."""

    def __init__(self):
        self.heard = []
        self.cursor = None

    async def listen(self, stream, until=None):
        while len(self.heard) != until:
            event = (await stream.next("s"))["data"]["roomEvents"]
            self.cursor = event["cursor"]
            if event["__typename"] == "MessageAdded":
                self.heard.append(event["messageEdge"]["node"]["content"].split()[0])


async def test_a_slow_client_is_sent_away_with_1013_and_misses_nothing(address, room, token, app):
    app.state.settings = app.state.settings.model_copy(update={"max_waiting_bytes": 20_000})
    notes, sent = Notes(), 0
    async with opened(address, max_queue=1) as slow, opened(address) as speaker:
        await slow.begin(token)
        await slow.subscribe("s", STREAM, id=room.gid)
        await slow.next("s")
        await speaker.begin(token)
        while not app.state.metrics.slow_readers["websocket"]:
            await speaker.once("1", SEND, input=said(room, f"{sent} {'x' * 4000}"))
            sent += 1
        with pytest.raises(ConnectionClosed) as closed:
            await notes.listen(slow)
        assert closed.value.rcvd.code == 1013
    assert 0 < len(notes.heard) < sent
    async with opened(address) as again:
        await again.begin(token)
        await again.subscribe("s", STREAM, id=room.gid, after=notes.cursor)
        await notes.listen(again, until=sent)
    assert notes.heard == [str(number) for number in range(sent)]
