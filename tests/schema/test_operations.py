"""What a real app sends is answered, by as many messages to PostgreSQL as docs/messages.md states."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kit.bus import Signal
from kit.crypto import token_hash
from kit.ids import global_id
from kit.settings import Settings
from resolvers.streams import stream_cursors
from services.events import room_topic
from tests.documents import aliases, depth, document, operations, tokens
from tests.factories.identity import CHEAP
from tests.factories.worlds import PASSWORD, World, Worlds, mira

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "messages.md"
ROW = re.compile(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
EVENT = re.compile(r"^\| (\w+) \| (\d+) \|$", re.MULTILINE)
REFRESH_TOKEN = "what ada's browser keeps"
SIGNED_OUT = {"SignUp", "SignIn", "Refresh"}
ON_ITS_PAGE = {"RoomPage": 2, "RoomOlder": 1}
"""In a small room, what is quoted and the read marker stand on the page, and are not asked for again."""
SMALL, LARGE = {"rows": 1, "members": 3}, {"rows": 100, "members": 10_000}


def stated() -> dict[str, tuple[int, ...]]:
    """Messages, depth, tokens, aliases."""
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    return {name: tuple(map(int, numbers)) for name, *numbers in rows}


def stated_of_events() -> dict[str, int]:
    return {name: int(number) for name, number in EVENT.findall(DOCUMENT.read_text(encoding="utf-8"))}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A sweep in the middle of a test would be counted."""
    return settings.model_copy(update={"sweep_seconds": 60})


@pytest.fixture
async def worlds(admin, people, rooms, services) -> Worlds:
    services.passwords._hasher = CHEAP
    return Worlds(admin, people, rooms)


@pytest.fixture(params=[SMALL, LARGE], ids=["1 row, 3 members", "100 rows, 10,000 members"])
async def world(request, worlds, admin) -> World:
    made = await worlds.world(**request.param)
    await admin.execute(
        "insert into refresh_tokens (token_hash, session_id, expires_at)"
        " values ($1, $2, now() + interval '1 day')",
        token_hash(REFRESH_TOKEN),
        made.ada.session_id,
    )
    return made


# What is asked

Variables = dict[str, Any]


def given(**input: Any) -> Variables:
    return {"input": input}


def variables(name: str, world: World) -> Variables:
    room, last = world.place.gid, world.message(world.last)
    said = {"roomId": room, "content": "Number one, again", "replyToId": last, "clientKey": str(uuid4())}
    asked = {
        "RoomPage": {"id": room},
        "RoomOlder": {"id": room, "before": world.cursor(world.last + 1)},
        "RoomJump": {"id": room, "at": world.cursor(world.read)},
        "Send": given(**said),
        "React": given(messageId=last, emoji="🎷"),
        "Read": given(roomId=room, messageId=last),
        "Members": {"id": room},
        "SignUp": given(email="zoe@example.com", password=PASSWORD, username="zoe"),
        "SignIn": given(email=world.ada.email, password=PASSWORD),
        "Refresh": given(refreshToken=REFRESH_TOKEN),
        "RevokeSession": given(sessionId=global_id("Session", world.spare_session)),
        "Search": {"q": "mi"},
        "Profile": {"name": mira(1).upper()},
    }
    return asked.get(name, {})


# What the answers show


def contents(page: Any) -> list[str]:
    return [edge["node"]["content"] for edge in page["edges"]]


def number(n: int) -> str:
    return f"Listen to number {n}"


def app_shell(data: Any, world: World) -> None:
    assert data["viewer"]["user"] == {
        "id": global_id("User", world.ada.id),
        "username": "ada",
        "displayName": "ada",
    }
    assert data["viewer"]["unreadRoomCount"] == 1 + world.rows
    assert data["serviceLimits"] == {"maxMessageLength": 5000}


def home(data: Any, world: World) -> None:
    rooms = data["viewer"]["rooms"]
    assert len(rooms["edges"]) == min(20, world.rows + 2)
    assert rooms["pageInfo"]["hasNextPage"] == (world.rows > 18)
    newest = rooms["edges"][0]["node"]
    assert (newest["name"], newest["viewerUnreadCount"]) == (f"Midnight {world.rows}", 1)
    assert newest["latestMessage"]["author"]["displayName"] == "bela"


def room_page(data: Any, world: World) -> None:
    room, messages = data["room"], data["room"]["messages"]
    assert (room["name"], room["memberCount"], room["viewerNotify"]) == ("Midday", world.members, "ALL")
    assert (room["viewerCanPost"], room["viewerCanModerate"]) == (True, True)
    assert room["viewerMembership"]["role"] == "OWNER"
    assert room["viewerUnreadCount"] == world.rows - world.rows // 3
    assert room["viewerLastReadMessage"]["cursor"] == world.cursor(world.read)
    assert contents(messages)[-1] == number(world.rows)
    assert len(messages["edges"]) == min(50, world.rows + 2)
    assert messages["pageInfo"]["hasPreviousPage"] == (world.rows > 48)
    message_row(messages["edges"][-1]["node"], world)


def message_row(message: Any, world: World) -> None:
    assert message["author"]["username"] == mira(1)
    assert message["replyTo"]["content"] == "Welcome"
    assert message["replyTo"]["author"]["displayName"] == "ada"
    assert [(each["emoji"], each["count"]) for each in message["reactions"]] == [("🎵", 1), ("🥁", 1)]
    assert (message["viewerCanEdit"], message["replyCount"], message["deletedAt"]) == (False, 0, None)


def room_older(data: Any, world: World) -> None:
    messages = data["room"]["messages"]
    assert contents(messages)[-1] == number(world.rows)
    assert len(messages["edges"]) == min(50, world.rows + 2)


def room_jump(data: Any, world: World) -> None:
    assert contents(data["room"]["older"]) == ["Welcome"]
    assert data["room"]["older"]["edges"][0]["node"]["replyCount"] == world.rows
    assert contents(data["room"]["newer"]) == [number(n + 1) for n in range(min(25, world.rows))]
    assert data["room"]["newer"]["pageInfo"]["hasNextPage"] == (world.rows > 25)


def send(data: Any, world: World) -> None:
    sent = data["sendMessage"]
    assert sent["userErrors"] == []
    assert sent["edge"]["node"]["content"] == "Number one, again"
    assert sent["edge"]["node"]["replyTo"]["author"]["displayName"] == "Mira 1"
    assert sent["room"]["viewerUnreadCount"] == 0


def react(data: Any, world: World) -> None:
    assert data["react"]["userErrors"] == []
    assert [each["emoji"] for each in data["react"]["message"]["reactions"]] == ["🎵", "🥁", "🎷"]


def read(data: Any, world: World) -> None:
    assert data["markRead"]["userErrors"] == []
    assert data["markRead"]["room"]["viewerUnreadCount"] == 0
    assert data["markRead"]["viewer"]["unreadRoomCount"] == world.rows


def members(data: Any, world: World) -> None:
    page = data["room"]["members"]
    found = [(edge["node"]["role"], edge["node"]["user"]["username"]) for edge in page["edges"]]
    assert found[:2] == [("OWNER", "ada"), ("MEMBER", mira(1))]
    assert len(found) == min(50, world.members)
    assert page["pageInfo"]["hasNextPage"] == (world.members > 50)


def sign_up(data: Any, world: World) -> None:
    made = data["signUp"]
    assert made["userErrors"] == []
    assert made["viewer"]["user"]["username"] == "zoe"
    assert all(made["tokens"].values())


def sign_in(data: Any, world: World) -> None:
    assert data["signIn"]["userErrors"] == []
    assert data["signIn"]["viewer"]["id"] == global_id("Viewer", world.ada.id)
    assert all(data["signIn"]["tokens"].values())


def refresh(data: Any, world: World) -> None:
    assert data["refreshSession"]["userErrors"] == []
    assert data["refreshSession"]["tokens"]["refreshToken"] not in (None, REFRESH_TOKEN)


def settings_page(data: Any, world: World) -> None:
    viewer = data["viewer"]
    assert (viewer["email"], viewer["hasPassword"], viewer["plan"]) == ("ada@example.com", True, "FREE")
    assert len(viewer["identities"]) == world.rows
    sessions = viewer["sessions"]["nodes"]
    assert [each["viewerIsCurrent"] for each in sessions] == [True] + [False] * min(49, world.rows)
    assert sessions[1]["device"] == "Firefox on Linux"


def revoke_session(data: Any, world: World) -> None:
    assert data["revokeSession"]["userErrors"] == []
    assert data["revokeSession"]["revokedSessionId"] == global_id("Session", world.spare_session)


def search(data: Any, world: World) -> None:
    found = [user["username"] for user in data["users"]["nodes"]]
    assert found[0] == mira(1)
    assert len(found) == min(5, world.members - 1)
    assert {room["name"][:3] for room in data["rooms"]["nodes"]} == {"Mid"}
    assert len(data["rooms"]["nodes"]) == min(5, world.rows + 1)


def profile(data: Any, world: World) -> None:
    assert data["user"]["displayName"] == "Mira 1"
    assert data["user"]["viewerIsSelf"] is False


SHOWS: dict[str, Callable[[Any, World], None]] = {
    "AppShell": app_shell, "Home": home, "RoomPage": room_page, "RoomOlder": room_older,
    "RoomJump": room_jump, "Send": send, "React": react, "Read": read, "Members": members,
    "SignUp": sign_up, "SignIn": sign_in, "Refresh": refresh, "Settings": settings_page,
    "RevokeSession": revoke_session, "Search": search, "Profile": profile,
}  # fmt: skip


# The tests


@pytest.mark.parametrize("name", SHOWS)
async def test_it_is_answered_by_the_stated_number_of_messages(client, world, statements, name):
    statements.clear()
    as_ = None if name in SIGNED_OUT else world.ada
    answer = await client.query(document(name), variables(name, world), as_=as_)
    assert answer.errors == []
    saved = ON_ITS_PAGE.get(name, 0) if world.rows == SMALL["rows"] else 0
    assert statements.count == stated()[name][0] - saved, statements.sent
    SHOWS[name](answer.data, world)


async def test_quoting_somebody_who_is_not_on_the_page_costs_one_more(client, worlds, admin, statements):
    world = await worlds.world(**LARGE)
    await admin.execute("update chat_messages set user_id = $1 where id = $2", world.bela.id, world.quoted)
    statements.clear()
    answer = await client.query(document("RoomPage"), variables("RoomPage", world), as_=world.ada)
    assert answer.data["room"]["messages"]["edges"][-1]["node"]["replyTo"]["author"]["displayName"] == "bela"
    assert statements.count == stated()["RoomPage"][0] + 1


async def happen(world: World, admin, services, kind: str, payload: dict[str, Any]) -> None:
    """An event, as another process would report it: none of its own messages are counted."""
    await admin.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
    row = await admin.fetchrow(
        "select * from app.emit(array[$1], array[$2], array[$3::jsonb], null)",
        room_topic(world.place.id),
        kind,
        payload,
    )
    await services.bus.publish([Signal(row["topic"], row["seq"])])


async def test_a_stream_costs_the_stated_number_of_messages(client, world, admin, services, statements):
    topic = room_topic(world.place.id)
    after = {"id": world.place.gid, "after": stream_cursors(topic).at(0)}
    happenings = {
        "MessageAdded": ("message_added", {"message": world.last}),
        "MessageChanged": ("message_changed", {"message": world.last, "change": "edited"}),
        "RoomChanged": ("room_changed", {}),
        "MemberChanged": ("member_changed", {"user": str(world.mira.id), "change": "role"}),
    }
    statements.clear()
    async with client.subscribe(document("RoomStream"), after, as_=world.ada) as stream:
        told = (await anext(stream)).data["roomEvents"]
        assert (told["__typename"], told["isReplaying"]) == ("StreamReady", False)
        assert statements.count == stated()["RoomStream"][0]
        costs = {}
        for name, (kind, payload) in happenings.items():
            statements.clear()
            await happen(world, admin, services, kind, payload)
            answer = await anext(stream)
            assert answer.errors == []
            assert answer.data["roomEvents"]["__typename"] == name
            costs[name] = statements.count
        assert costs == stated_of_events()


def test_every_operation_is_run_and_stands_in_the_table():
    assert sorted(stated()) == sorted(operations()) == sorted([*SHOWS, "RoomStream"])


@pytest.mark.parametrize("name", operations())
def test_it_is_within_the_limits(settings, name):
    size = depth(name), tokens(name), aliases(name)
    assert size == stated()[name][1:]
    limits = settings.max_depth, settings.max_tokens, settings.max_aliases
    assert limits == (12, 1000, 15)
    assert all(used <= most for used, most in zip(size, limits, strict=True))
