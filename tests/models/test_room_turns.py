"""Who writes in one room at the same time takes turns, and nobody waits in a circle."""

import asyncio
from random import Random
from uuid import uuid4

import pytest

SEND = "select outcome from app.send_message($1, $2, 'Hello', $3, $4, '', 1000000, 1)"
JOIN = "insert into room_members (room_id, user_id) values ($1, $2) on conflict do nothing returning room_id"
LEAVE = "select app.leave_room($1, $2)"
CHANGE = "update chat_rooms set description = $2 where id = $1 returning id"
EDIT = "update chat_messages set content = $2, edited_at = now() where id = $1 returning id"
REACT = """
    insert into message_reactions (message_id, user_id, emoji, room_id) values ($1, $2, $3, $4)
    on conflict do nothing returning message_id"""
EMIT = "select app.emit(array[$1], array['happened'], array['{}'::jsonb], null)"
HOLD = "select app.hold_topics(array[$1])"


class Writer:
    """One person on one connection, as the resolvers write."""

    def __init__(self, connection, person, place):
        self.connection = connection
        self.person = person
        self.place = place
        self.topic = f"room:{place.id}"

    async def write(self, sql, *args, holds=False):
        async with self.connection.transaction():
            await self.connection.execute(f"set local app.viewer = '{self.person.id}'")
            if holds:
                await self.connection.execute(HOLD, self.topic)
            done = await self.connection.fetchval(sql, *args)
            await asyncio.sleep(0)
            if sql is not SEND and done:
                await self.connection.execute(EMIT, self.topic)
        return done

    async def send(self, reply_to=None):
        return await self.write(SEND, self.person.id, self.place.id, reply_to, uuid4())

    async def come_and_go(self):
        await self.write(JOIN, self.place.id, self.person.id)
        await self.send()
        return await self.write(LEAVE, self.place.id, None)


@pytest.fixture
async def writers(connect, people, rooms):
    """An owner and eleven members."""
    everybody = [await people.person() for _ in range(12)]
    place = await rooms.room(*everybody)
    return [Writer(await connect(), person, place) for person in everybody]


async def counted(admin, place):
    """The members as they are counted, and as they are; the latest message as it is noted, and as it is."""
    return await admin.fetchrow(
        """
        select member_count, (select count(*) from room_members m where m.room_id = r.id),
          last_message_id, (select max(id) from chat_messages m where m.room_id = r.id)
        from chat_rooms r where id = $1""",
        place.id,
    )


async def test_members_come_and_go_while_others_speak(writers, people, connect, admin):
    place = writers[0].place
    guests = [Writer(await connect(), await people.person(), place) for _ in range(8)]

    async def talk(writer):
        return [await writer.send() for _ in range(15)]

    async def visit(guest):
        return [await guest.come_and_go() for _ in range(8)]

    said = await asyncio.gather(*map(talk, writers), *map(visit, guests))
    assert said == [["sent"] * 15] * 12 + [["left"] * 8] * 8
    members, are_members, latest, is_latest = await counted(admin, place)
    assert members == are_members == 12
    assert latest == is_latest
    events = await admin.fetchval("select count(*) from events where topic = $1", writers[0].topic)
    assert events == await admin.fetchval("select seq from topics where topic = $1", writers[0].topic)
    assert events == 12 * 15 + 8 * 8 * 3


async def test_owners_hand_over_to_each_other_while_they_speak(writers, admin):
    place = writers[0].place
    await admin.execute("update room_members set role = 'owner'")

    async def leave_to(writer, heir):
        await writer.send()
        return await writer.write(LEAVE, place.id, heir.person.id)

    pairs = list(zip(writers[::2], writers[1::2], strict=True))
    both_ways = [leave_to(a, b) for a, b in pairs] + [leave_to(b, a) for a, b in pairs]
    outcomes = await asyncio.gather(*both_ways)
    assert sorted(set(outcomes)) == ["handed_over", "owner_not_a_member"]
    assert outcomes.count("handed_over") == outcomes.count("owner_not_a_member") == 6
    members, are_members, *_ = await counted(admin, place)
    assert members == are_members == 6


async def test_of_all_owners_who_leave_at_once_one_stays(writers, admin):
    await admin.execute("update room_members set role = 'owner'")
    outcomes = await asyncio.gather(*(writer.write(LEAVE, writer.place.id, None) for writer in writers))
    assert sorted(outcomes) == ["left"] * 11 + ["needs_owner"]


async def test_who_changes_edits_or_reacts_and_holds_the_topic_first_is_in_nobodys_way(writers, rooms):
    owner, place = writers[0], writers[0].place
    said = [await rooms.message(place, writer.person) for writer in writers]
    random = Random(0)

    async def act(writer, own):
        for turn in range(12):
            any_of_all, what = random.choice(said), random.randint(0, 2)
            if what == 0:
                assert await writer.send(reply_to=any_of_all) == "sent"
            elif what == 1:
                assert await writer.write(EDIT, own, f"edit {turn}", holds=True) == own
            else:
                args = (any_of_all, writer.person.id, str(turn), place.id)
                assert await writer.write(REACT, *args, holds=True) == any_of_all

    async def rename():
        for turn in range(24):
            assert await owner.write(CHANGE, place.id, f"change {turn}", holds=True) == place.id

    await asyncio.gather(rename(), *(act(*each) for each in zip(writers[1:], said[1:], strict=True)))
