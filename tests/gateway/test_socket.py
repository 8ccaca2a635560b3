"""GraphQL over a real socket: who may connect, streams from end to end, and operations beside each other."""

from datetime import timedelta
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from kit.settings import Rate, Settings
from tests.gateway.asking import ME, token_of
from tests.gateway.sockets import eventually, opened

STREAM = """subscription($id: ID!, $after: Cursor) { roomEvents(roomId: $id, after: $after) { __typename
  ... on StreamEvent { cursor originKey } ... on StreamEnded { reason }
  ... on MessageAdded { messageEdge { node { content author { displayName } } } } } }"""
SEND = """mutation($input: SendMessageInput!) { sendMessage(input: $input) {
  edge { node { id } } userErrors { code } } }"""
RENAME = """mutation($name: String!) { updateProfile(input: { displayName: $name }) {
  user { displayName } userErrors { code } } }"""
NAME = "{ viewer { user { displayName } } }"
SIGN_OUT = "mutation { signOut(input: {}) { endedCount } }"


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
def listeners(app):
    """How many streams are told now."""
    return lambda: app.state.answering.fan_out.member_count


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


def names(payload) -> str:
    return payload["data"]["viewer"]["user"]["displayName"]


# Who may connect


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_the_first_message_says_who_asks(address, token, name):
    async with opened(address) as socket:
        await socket.begin(token, name)
        assert (await socket.once("1", ME))["data"]["viewer"]["user"]["username"] == "ada"


async def test_without_a_token_one_is_nobody(address, room):
    async with opened(address) as socket:
        await socket.begin()
        assert await socket.once("1", ME) == {"data": {"viewer": None}}
        await socket.subscribe("2", STREAM, id=room.gid)
        assert await socket.refused("2") == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("kind", ["wrong", "expired", "ended"])
async def test_a_bad_token_ends_the_socket_with_4403(address, services, ada, token, kind):
    if kind == "ended":
        async with opened(address) as socket:
            await socket.begin(token)
            await socket.once("1", SIGN_OUT)
    bad = {"wrong": "x", "expired": token_of(services, ada, age=timedelta(hours=1)), "ended": token}[kind]
    async with opened(address) as socket:
        await socket.send(type="connection_init", payload={"authorization": f"Bearer {bad}"})
        said = {
            "wrong": "This token is not valid.",
            "expired": "This token has expired.",
            "ended": "This session has ended. Sign in again.",
        }
        assert await socket.end() == (4403, said[kind])


async def test_who_does_not_begin_is_sent_away_with_4401(address):
    async with opened(address) as socket:
        await socket.subscribe("1", ME)
        assert await socket.end() == (4401, "Unauthorized")


async def test_who_begins_twice_is_sent_away_with_4429(address, token):
    async with opened(address) as socket:
        await socket.begin(token)
        await socket.send(type="connection_init")
        assert (await socket.end())[0] == 4429


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "5", "null", "[]", '"x"', "{}", '{"type":"dance"}', '{"type":5}', '{"type":["x"]}'),
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":"1","payload":5}',
        '{"type":"subscribe","id":"1","payload":{}}',
        '{"type":"subscribe","id":"1","payload":{"query":5}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{ viewer { id } }","variables":[]}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{ viewer { id } }","operationName":5}}',
        '{"type":"subscribe","payload":{"query":"{ viewer { id } }"}}',
        '{"type":"subscribe","id":[1],"payload":{"query":"{ viewer { id } }"}}',
        '{"type":"complete","id":{}}',
        '{"type":"complete"}',
    ],
)
async def test_what_is_no_message_ends_the_socket_with_4400(address, token, text):
    async with opened(address) as socket:
        await socket.begin(token)
        await socket.connection.send(text)
        assert (await socket.end())[0] == 4400


async def test_a_page_of_another_site_cannot_connect(address):
    with pytest.raises(InvalidStatus) as refused:
        async with opened(address, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["same", "https://app.example"])
async def test_our_own_page_and_those_that_are_named_can_connect(address, token, origin):
    found = f"http://{address}" if origin == "same" else origin
    async with opened(address, origin=found) as socket:
        await socket.begin(token)


# Streams


async def test_a_message_travels_from_one_socket_to_another(address, people, services, rooms, room, token):
    ben = await people.signed_in("ben")
    await rooms.member(room, ben)
    async with opened(address) as listener, opened(address) as speaker:
        await listener.begin(token)
        await listener.subscribe("s", STREAM, id=room.gid)
        ready = (await listener.next("s"))["data"]["roomEvents"]
        assert ready["__typename"] == "StreamReady"
        await speaker.begin(token_of(services, ben))
        key = str(uuid4())
        sent = await speaker.once("1", SEND, input=said(room, "Hello", key))
        assert sent["data"]["sendMessage"]["userErrors"] == []
        event = (await listener.next("s"))["data"]["roomEvents"]
        assert event["messageEdge"]["node"] == {"content": "Hello", "author": {"displayName": "ben"}}
        assert (event["__typename"], event["originKey"]) == ("MessageAdded", key)


async def test_a_stream_goes_on_after_a_cursor_on_another_socket(address, room, token):
    async with opened(address) as socket:
        await socket.begin(token)
        await socket.subscribe("s", STREAM, id=room.gid)
        cursor = (await socket.next("s"))["data"]["roomEvents"]["cursor"]
    async with opened(address) as socket:
        await socket.begin(token)
        for content in ("one", "two"):
            await socket.once(content, SEND, input=said(room, content))
        await socket.subscribe("s", STREAM, id=room.gid, after=cursor)
        told = [(await socket.next("s"))["data"]["roomEvents"] for _ in range(3)]
        assert [each["__typename"] for each in told] == ["StreamReady", "MessageAdded", "MessageAdded"]
        assert [each["messageEdge"]["node"]["content"] for each in told[1:]] == ["one", "two"]


async def test_a_stock_client_goes_on_behind_the_cursors_of_its_first_message(
    address, rooms, ada, room, token
):
    """It asks the same again after a cut; only what it says of itself is new."""
    other = await rooms.room(ada)
    async with opened(address) as socket:
        await socket.begin(token)
        await socket.subscribe("s", STREAM, id=room.gid)
        first = (await socket.next("s"))["data"]["roomEvents"]["cursor"]
        cursors = [first]
        for content in ("one", "two", "three"):
            await socket.subscribe(content, SEND, input=said(room, content))
            told = [await socket.receive() for _ in range(3)]
            cursors += [
                each["payload"]["data"]["roomEvents"]["cursor"] for each in told if each.get("id") == "s"
            ]
        await socket.subscribe("o", STREAM, id=other.gid)
        elsewhere = (await socket.next("o"))["data"]["roomEvents"]["cursor"]
    async with opened(address) as socket:
        seen = [elsewhere, cursors[2], cursors[1], "not a cursor"]
        await socket.send(
            type="connection_init", payload={"Authorization": f"Bearer {token}", "cursors": seen}
        )
        await socket.receive()
        await socket.subscribe("s", STREAM, id=room.gid, after=first)
        told = [(await socket.next("s"))["data"]["roomEvents"] for _ in range(2)]
        assert [each["cursor"] for each in told] == cursors[2:]
        assert told[1]["messageEdge"]["node"]["content"] == "three"


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"], ["nonsense"]])
async def test_only_one_protocol_is_spoken(address, protocols):
    with pytest.raises(InvalidStatus) as refused:
        async with opened(address, subprotocols=protocols):
            pass
    assert refused.value.response.status_code == 400


async def test_what_is_told_to_stop_tells_nothing_more(address, room, token, listeners):
    async with opened(address) as socket:
        await socket.begin(token)
        await socket.subscribe("s", STREAM, id=room.gid)
        await socket.next("s")
        await socket.send(type="complete", id="s")
        await eventually(lambda: listeners() == 0)
        await socket.once("1", SEND, input=said(room, "Nobody listens"))
        assert await socket.once("2", "{ __typename }") == {"data": {"__typename": "Query"}}


async def test_who_goes_away_leaves_nothing_behind(address, room, token, listeners, app):
    async with opened(address) as socket:
        await socket.begin(token)
        await socket.subscribe("s", STREAM, id=room.gid)
        await socket.next("s")
        assert (listeners(), len(app.state.lives)) == (1, 1)
    await eventually(lambda: (listeners(), len(app.state.lives)) == (0, 0))


async def test_a_stream_of_a_deleted_room_ends_and_the_socket_lives_on(address, room, token):
    async with opened(address) as socket:
        await socket.begin(token)
        await socket.subscribe("s", STREAM, id=room.gid)
        await socket.next("s")
        delete = "mutation($id: ID!) { deleteRoom(input: { roomId: $id }) { deletedRoomId } }"
        await socket.subscribe("d", delete, id=room.gid)
        told = [await socket.receive() for _ in range(4)]
        (ended,) = [
            each["payload"]["data"]["roomEvents"]
            for each in told
            if each.get("id") == "s" and "payload" in each
        ]
        assert (ended["__typename"], ended["reason"]) == ("StreamEnded", "DELETED")
        assert {each["id"] for each in told if each["type"] == "complete"} == {"s", "d"}
        assert await socket.once("1", "{ __typename }") == {"data": {"__typename": "Query"}}


async def test_the_socket_of_an_ended_session_is_closed_and_tells_nothing_more(
    address, people, rooms, room, services, token
):
    ben = await people.signed_in("ben")
    await rooms.member(room, ben)
    async with opened(address) as listener, opened(address) as speaker:
        await listener.begin(token)
        await listener.subscribe("s", STREAM, id=room.gid)
        await listener.next("s")
        await speaker.begin(token)
        answer = await speaker.once("1", SIGN_OUT)
        assert answer == {"data": {"signOut": {"endedCount": 1}}}
        assert await speaker.end() == (4403, "Session ended")
        async with opened(address) as other:
            await other.begin(token_of(services, ben))
            await other.once("1", SEND, input=said(room, "Not for you"))
        assert await listener.end() == (4403, "Session ended")


async def test_a_stream_that_cannot_begin_because_the_database_is_away_sends_away_to_come_again(
    address, room, token, admin
):
    async with opened(address) as socket:
        await socket.begin(token)
        await admin.execute("alter table chat_rooms rename to elsewhere")
        await socket.subscribe("s", STREAM, id=room.gid)
        assert await socket.end() == (1012, "Come again")


# Operations beside each other


async def test_a_change_between_two_queries_of_one_socket_is_seen(address, token):
    async with opened(address) as socket:
        await socket.begin(token)
        assert names(await socket.once("1", NAME)) == "ada"
        await socket.once("2", RENAME, name="Ada L.")
        assert names(await socket.once("3", NAME)) == "Ada L."


async def test_a_change_between_two_events_of_one_stream_is_seen(address, room, token):
    async with opened(address) as socket, opened(address) as other:
        await socket.begin(token)
        await other.begin(token)
        await socket.subscribe("s", STREAM, id=room.gid)
        await socket.next("s")
        authors = []
        for name in ("Ada one", "Ada two"):
            await other.once("r", RENAME, name=name)
            assert (await socket.next("s"))["data"]["roomEvents"]["__typename"] == "MemberChanged"
            await other.once("s", SEND, input=said(room, "Who am I?"))
            event = (await socket.next("s"))["data"]["roomEvents"]
            authors.append(event["messageEdge"]["node"]["author"]["displayName"])
        assert authors == ["Ada one", "Ada two"]


async def test_two_operations_at_once_have_a_connection_each(address, token, statements):
    async with opened(address) as socket:
        await socket.begin(token)
        statements.clear()
        await socket.subscribe("1", NAME)
        await socket.subscribe("2", NAME)
        told = [await socket.receive() for _ in range(4)]
    answers = {each["id"]: names(each["payload"]) for each in told if each["type"] == "next"}
    assert answers == {"1": "ada", "2": "ada"}
    entered = [sql for sql in statements.sent if "set_config('app.viewer'" in sql]
    assert (len(entered), statements.count) == (2, 6)


async def test_an_error_over_a_socket_has_a_code_and_a_request(address, token):
    async with opened(address) as socket:
        await socket.begin(token)
        (error,) = (await socket.once("1", '{ node(id: "?") { id } }'))["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert len(error["extensions"]["requestId"]) == 32
        await socket.subscribe("2", "{ nothing }")
        assert await socket.refused("2") == ["GRAPHQL_VALIDATION_FAILED"]
