"""Every run, and every peer, has the same rows."""

import os
from uuid import uuid4

import asyncpg
import pytest

from bench.data import GATEWAY, PLAIN, Sizes, load
from bench.operations import PEOPLE, member, reader, room_read, room_sent_to, sender
from tests.conftest import SERVER, database_dsn

TINY = Sizes(people=60, rooms=20, messages=400, playlists=40, blends=5, shelves=1, tracks=30)
SAID = """select md5(string_agg(concat_ws('|', m.id, m.room_id, u.username, u.display_name, m.content,
  extract(epoch from m.created_at)), ',' order by m.id)) from {messages} m join users u on u.id = m.user_id"""
TABLES = (
    *("users", "rooms", "messages", "playlists", "playlist_tracks", "blends", "blend_participants"),
    *("blend_tracks", "generated_tracks", "shelf.playlists", "shelf.items", "shelf.tracks"),
)
ALL = "select md5(string_agg(t::text, ',' order by t::text)) from {table} t"


@pytest.fixture
async def plain():
    """Two databases without a table."""
    server = os.environ[SERVER]
    names = [f"bench_{uuid4().hex}" for _ in range(2)]
    connection = await asyncpg.connect(server)
    for name in names:
        await connection.execute(f"create database {name}")
    yield [database_dsn(server, name) for name in names]
    for name in names:
        await connection.execute(f"drop database {name} with (force)")
    await connection.close()


async def value(dsn, statement):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_a_data_set_is_the_same_each_time(plain):
    for dsn in plain:
        await load(dsn, PLAIN, TINY)
    one, two = [[await value(dsn, ALL.format(table=table)) for table in TABLES] for dsn in plain]
    assert one == two
    assert None not in one


async def test_our_tables_have_what_the_peers_have(database_url, plain):
    await load(database_url, GATEWAY, TINY)
    await load(plain[0], PLAIN, TINY)
    ours = await value(database_url, SAID.format(messages="chat_messages"))
    assert ours == await value(plain[0], SAID.format(messages="messages"))


async def test_our_counts_are_what_triggers_would_have_counted(database_url):
    await load(database_url, GATEWAY, TINY)
    wrong = await value(
        database_url,
        """select count(*) from chat_rooms r where not is_default_room and (
          member_count <> (select count(*) from room_members m where m.room_id = r.id)
          or last_message_id <> (select max(id) from chat_messages m where m.room_id = r.id))""",
    )
    assert wrong == 0
    assert (
        await value(database_url, "select member_count from chat_rooms where is_default_room") == TINY.people
    )


async def test_who_reads_or_sends_is_in_the_room(database_url):
    await load(database_url, GATEWAY, TINY)
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "select r.name, u.username from room_members m"
        " join chat_rooms r on r.id = m.room_id join users u on u.id = m.user_id"
    )
    await connection.close()
    found = {(row["name"], row["username"]) for row in rows}
    for room in range(1, TINY.rooms):
        assert all((f"Room {room}", f"user{member(room, n)}") in found for n in range(10))


def test_everybody_takes_turns():
    calls = range(150)
    assert {sender(n) for n in calls} == {reader(n) for n in calls} == set(range(1, PEOPLE + 1))
    assert {room_read(n) for n in calls}.isdisjoint(room_sent_to(n) for n in calls)
