"""Who may read a room, of many: a stream reads an event once for all of them."""

from uuid import uuid4

import asyncpg
import pytest

from gateway.databases import role_dsn
from kit.db import Database
from models.access import GATEWAY, WORKER
from resolvers.rooms.readers import readers
from tests.models.world import World


@pytest.fixture
async def ask(database_url):
    """Asks as the gateway, over a lease of nobody."""
    database = await Database.open(role_dsn(database_url, GATEWAY, None), size=1)

    async def ask(room, *people):
        async with database.read(None) as lease:
            return await readers(lease, room.id, [person.id for person in people])

    yield ask
    await database.close()


@pytest.fixture
async def three(people):
    return [await people.person() for _ in range(3)]


async def test_everybody_reads_a_public_room_and_the_default_one(ask, rooms, three):
    for place in (await rooms.room(three[0]), await rooms.default()):
        assert await ask(place, *three) == {person.id for person in three}


async def test_members_alone_read_a_private_room(ask, rooms, three):
    owner, member, _ = three
    assert await ask(await rooms.room(owner, member, is_private=True), *three) == {owner.id, member.id}


async def test_who_leaves_a_private_room_reads_it_no_more(ask, rooms, three, admin):
    owner, member, _ = three
    place = await rooms.room(owner, member, is_private=True)
    await admin.execute("delete from room_members where user_id = $1", member.id)
    assert await ask(place, owner, member) == {owner.id}


@pytest.mark.parametrize("is_private", [False, True])
async def test_a_ban_wins_over_everything_as_long_as_it_lasts(is_private, ask, rooms, three, admin):
    owner, member, other = three
    place = await rooms.room(owner, member, other, is_private=is_private)
    await rooms.ban(place, member)
    assert await ask(place, *three) == {owner.id, other.id}
    await admin.execute("update room_bans set expires_at = now() + interval '1 hour'")
    assert await ask(place, *three) == {owner.id, other.id}
    await admin.execute("update room_bans set expires_at = now() - interval '1 second'")
    assert await ask(place, *three) == {person.id for person in three}


async def test_a_ban_from_one_room_is_none_from_another(ask, rooms, three):
    place, other = await rooms.room(three[0]), await rooms.room(three[0])
    await rooms.ban(place, three[1])
    assert await ask(place, three[1]) == set()
    assert await ask(other, three[1]) == {three[1].id}


async def test_nobody_reads_a_room_that_is_gone_or_never_was(ask, rooms, three, admin):
    place = await rooms.room(three[0])
    await admin.execute("delete from chat_rooms where id = $1", place.id)
    assert await ask(place, *three) == set()


async def test_who_was_erased_or_never_was_reads_nothing(ask, rooms, three, admin):
    owner, member, _ = three
    place = await rooms.room(owner, member)
    await admin.execute("delete from users where id = $1", member.id)
    assert await ask(place, owner, member) == {owner.id}


async def test_only_those_are_told_that_were_asked_for_each_once(ask, rooms, three):
    place = await rooms.room(*three)
    assert await ask(place, three[1], three[1]) == {three[1].id}
    assert await ask(place) == set()


async def test_it_is_the_rule_of_the_policies(admin, connect):
    """For everybody of every standing: as many as see the room for themselves."""
    world = World(admin)
    await world.prepare()
    actors = [row["name"] for row in await admin.fetch("select name from test.people")]
    everybody = [await world.id(actor) for actor in actors]
    connection = await connect()
    seen = {actor: await world.select("chat_rooms", GATEWAY, actor) for actor in actors}
    for id_, room in world.rooms.items():
        told = await connection.fetch("select app.room_readers($1, $2) as id", id_, everybody)
        expected = {actor for actor in actors if any(room in label for label in seen[actor])}
        assert {world.names[row["id"]] for row in told} == expected
        assert expected


async def test_the_worker_may_not_ask(connect):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for function"):
        await (await connect(WORKER)).fetch("select app.room_readers($1, '{}')", uuid4())
