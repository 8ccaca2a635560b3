"""The sample data: the same everywhere, added once, fit for the product's rules, private where it says so."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway.databases import DatabaseError
from gateway.demo.story import PASSWORD, Person, read_story
from gateway.demo.token import sample_token
from gateway.demo.write import Added, add_sample
from gateway.migrations import role_dsn
from kit.clock import now
from kit.db import Database
from kit.text import clean_line, clean_text
from models.access import WORKER
from services.identity.password_rules import check_password
from services.identity.tokens import AccessTokens
from services.identity.usernames import clean_username
from services.rooms import room_description, room_name
from tests.conftest import SECRET, SERVER, TEMPLATE, database_dsn
from tests.factories.identity import CHEAP
from tests.factories.identity import Person as Somebody

STORY = read_story()
PEOPLE = {person.username: person for person in STORY.people}
HASH = CHEAP.hash(PASSWORD)
MOMENT = datetime(2026, 11, 21, 12, tzinfo=UTC)
TABLES = ("users", "accounts", "chat_rooms", "room_members", "chat_messages", "message_reactions")
SIGN_IN = """mutation ($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password}) { viewer { id } userErrors { code } } }"""
ROOMS = "{ rooms(first: 50) { nodes { id name isPrivate viewerUnreadCount viewerMembership { role } } } }"
ROOM = "query ($id: ID!) { room(id: $id) { name } }"
SEND = """mutation ($room: ID!, $key: UUID!) {
  sendMessage(input: {roomId: $room, content: "Hello", clientKey: $key}) {
    edge { node { content } } userErrors { code } } }"""


@asynccontextmanager
async def worker_database(url: str) -> AsyncIterator[Database]:
    database = await Database.open(role_dsn(url, WORKER, None), size=2)
    yield database
    await database.close()


async def fill(url: str, moment: datetime = MOMENT) -> Added | None:
    async with worker_database(url) as database:
        return await add_sample(database, STORY, moment, HASH)


@pytest.fixture
async def filled(database_url: str) -> None:
    assert await fill(database_url, now())


def as_(username: str) -> Somebody:
    return Somebody(PEOPLE[username].id, username, uuid4())


async def contents(url: str) -> dict[str, list[tuple]]:
    """Every row; the default room's id is not ours to choose, nor when it was made."""
    connection = await asyncpg.connect(url)
    default = await connection.fetchval("select id from chat_rooms where is_default_room")
    found = {}
    for table in TABLES:
        rows = await connection.fetch(f"select * from {table} order by 1, 2, 3")
        found[table] = [
            tuple(
                "default" if value == default else value
                for name, value in row.items()
                if name not in {"updated_at", "input_hash"}
            )
            for row in rows
            if row.get("id") != default
        ]
    await connection.close()
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


@pytest.fixture
async def other_database_url() -> AsyncIterator[str]:
    server, name = os.environ[SERVER], f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"create database {name} template {TEMPLATE}")
    yield database_dsn(server, name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def test_two_databases_filled_at_one_moment_are_equal(database_url, other_database_url):
    await fill(database_url)
    await fill(other_database_url)
    first = await contents(database_url)
    assert first == await contents(other_database_url)
    assert all(first.values())


async def test_ids_are_the_same_everywhere():
    assert PEOPLE["mira"].id == UUID("05740b80-a51f-57e1-9aed-be6c13a07c71")


async def test_filling_twice_adds_nothing(database_url):
    added = await fill(database_url)
    before = await contents(database_url)
    assert added == Added(12, 9, 130)
    assert await fill(database_url, MOMENT + timedelta(days=1)) is None
    assert await contents(database_url) == before


async def test_two_at_once_add_it_once(database_url):
    outcomes = await asyncio.gather(*(fill(database_url) for _ in range(4)))
    assert Counter(outcome is None for outcome in outcomes) == {True: 3, False: 1}


async def test_where_a_name_is_taken_nothing_is_added(database_url, people, admin):
    await people.person("wren")
    with pytest.raises(DatabaseError, match="taken"):
        await fill(database_url)
    assert await admin.fetchval("select count(*) from users") == 1
    assert await admin.fetchval("select count(*) from chat_messages") == 0


@pytest.mark.usefixtures("filled")
async def test_nothing_is_told_as_if_it_had_just_happened(admin):
    assert await admin.fetchval("select count(*) from events") == 0


@pytest.mark.usefixtures("filled")
async def test_everybody_can_sign_in(client):
    for number, person in enumerate(STORY.people):
        values = {"email": person.email, "password": PASSWORD}
        answer = await client.query(SIGN_IN, values, address=f"127.0.0.{number}")
        assert answer.data["signIn"]["userErrors"] == []
        assert answer.data["signIn"]["viewer"]


@pytest.mark.usefixtures("filled")
async def test_mira_is_in_several_rooms_and_may_join_others(client):
    answer = await client.query(ROOMS, as_=as_("mira"))
    joined = {node["name"]: node for node in answer.data["rooms"]["nodes"] if node["viewerMembership"]}
    others = [node["name"] for node in answer.data["rooms"]["nodes"] if not node["viewerMembership"]]
    assert len(joined) == 6
    assert "Krautrock & Kuchen" in others
    assert joined["The Polite Volcanoes"]["isPrivate"]
    assert joined["Late Night Listening"]["viewerMembership"] == {"role": "OWNER"}


@pytest.mark.usefixtures("filled")
async def test_some_rooms_of_hers_are_unread_and_some_are_not(client):
    answer = await client.query(ROOMS, as_=as_("mira"))
    counts = {node["name"]: node["viewerUnreadCount"] for node in answer.data["rooms"]["nodes"]}
    assert counts["General Music Chat"] == 3
    assert counts["Late Night Listening"] == 0
    assert counts["Guess the Intro"] == 6


@pytest.mark.usefixtures("filled")
async def test_private_rooms_are_private(client):
    async def seen_by(username: str) -> dict[str, str]:
        answer = await client.query(ROOMS, as_=as_(username))
        return {node["name"]: node["id"] for node in answer.data["rooms"]["nodes"] if node["isPrivate"]}

    assert set(await seen_by("mira")) == {"The Polite Volcanoes"}
    assert set(await seen_by("otto")) == set()
    ((name, id_),) = (await seen_by("jonas")).items()
    assert name.startswith("Surprise for Mira")
    assert (await client.query(ROOM, {"id": id_}, as_=as_("mira"))).data == {"room": None}
    assert (await client.query(ROOM, {"id": id_}, as_=as_("jonas"))).data == {"room": {"name": name}}


@pytest.mark.usefixtures("filled")
async def test_mira_may_post_in_the_default_room(client):
    room = (await client.query("{ defaultRoom { id } }", as_=as_("mira"))).data["defaultRoom"]["id"]
    answer = await client.query(SEND, {"room": room, "key": str(uuid4())}, as_=as_("mira"))
    assert answer.data["sendMessage"] == {"edge": {"node": {"content": "Hello"}}, "userErrors": []}


@pytest.mark.usefixtures("filled")
async def test_a_deleted_message_has_no_words(admin):
    rows = await admin.fetch("select content from chat_messages where deleted_at is not null")
    assert [row["content"] for row in rows] == [None] * 3


@pytest.mark.usefixtures("filled")
async def test_numbers_follow_time_and_nothing_is_of_the_future(admin):
    rows = await admin.fetch("select * from chat_messages order by id")
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)
    for row in rows:
        assert (
            max(row[name] or row["created_at"] for name in ("created_at", "edited_at", "deleted_at")) <= now()
        )
    assert await admin.fetchval("select bool_and(created_at <= now()) from message_reactions")


@pytest.mark.usefixtures("filled")
async def test_counters_are_as_if_people_had_done_it(admin):
    wrong = await admin.fetch("""
        select name from chat_rooms r where not is_default_room and (
          member_count <> (select count(*) from room_members m where m.room_id = r.id)
          or last_message_id <> (select max(id) from chat_messages m where m.room_id = r.id))""")
    assert wrong == []
    assert await admin.fetchval("select member_count from chat_rooms where is_default_room") == len(PEOPLE)


@pytest.mark.parametrize("person", STORY.people, ids=lambda person: person.username)
def test_a_sample_person_could_have_signed_up(person: Person):
    assert clean_username(person.username) == person.username
    assert clean_line(person.name, "displayName", 1, 80) == person.name
    assert check_password(PASSWORD, email=person.email, username=person.username)


@pytest.mark.parametrize("room", STORY.rooms, ids=lambda room: room.key or "default")
def test_a_sample_room_could_have_been_made_by_its_people(room):
    if not room.is_default:
        assert room_name(room.name) == room.name
        assert room_description(room.description) == room.description
    for place, line in enumerate(room.messages):
        assert line.by in room.roles
        assert clean_text(line.says, "content", 1, 5000) == line.says
        assert {name for names in line.reacts.values() for name in names} <= set(PEOPLE)
        assert len(room.messages) - place > room.unread.get(line.by, 0), (
            "nobody leaves their own words unread"
        )


def test_in_a_room_that_not_all_may_enter_only_its_people_react():
    for room in STORY.rooms:
        reacting = {name for line in room.messages for names in line.reacts.values() for name in names}
        assert room.is_default or reacting <= set(room.roles), room.key


def test_there_are_several_languages():
    assert {person.locale for person in STORY.people} >= {"en", "de", "es", "ja"}
    words = "".join(line.says for room in STORY.rooms for line in room.messages)
    assert all(letter in words for letter in "ßñã喫서é")


@pytest.mark.usefixtures("filled")
async def test_the_token_to_paste_is_of_a_session_that_is_prolonged_and_not_multiplied(
    database_url, settings, admin
):
    mira = PEOPLE["mira"].id
    tokens = AccessTokens(SECRET, timedelta(minutes=15))
    async with worker_database(database_url) as database:
        first = await sample_token(database, settings, mira, now())
        second = await sample_token(database, settings, mira, now() + timedelta(minutes=1))
        session = tokens.read(first.value, now()).session_id
        assert tokens.read(second.value, now() + timedelta(minutes=1)).session_id == session
        await admin.execute("update user_sessions set revoked_at = now()")
        third = await sample_token(database, settings, mira, now())
    assert tokens.read(third.value, now()).session_id != session
    assert await admin.fetchval("select count(*) from user_sessions where user_id = $1", mira) == 2


async def test_without_the_sample_people_there_is_no_token(database_url, settings):
    async with worker_database(database_url) as database:
        assert await sample_token(database, settings, PEOPLE["mira"].id, now()) is None
