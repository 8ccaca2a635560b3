"""People who change one room at the same time take turns: nobody waits in a circle."""

import asyncio
from itertools import count
from uuid import uuid4

import pytest

from kit.ids import global_id
from kit.settings import Rate
from tests.schema.rooms.asking import change, codes, say, send


@pytest.fixture
def settings(settings):
    """Senders that are never told to wait."""
    return settings.model_copy(update={"rate_send_message": Rate(limit=100_000, per_seconds=1)})


async def test_senders_and_who_changes_the_room_or_a_message_never_deadlock(client, people, rooms, admin):
    ann, *others = [await people.person() for _ in range(5)]
    room = await rooms.room(ann, *others)
    first = await say(client, room, ann, "first")
    numbers = count()

    async def talk(person):
        for _ in range(10):
            assert codes(await send(client, room, person, str(next(numbers)), key=uuid4())) == []

    async def rename():
        for number in range(10):
            given = {"roomId": room.gid, "name": f"Name {number}"}
            assert codes(await change(client, "updateRoom", given, "room { name }", ann)) == []

    async def mend():
        for number in range(10):
            given = {"messageId": first["id"], "content": f"first {number}"}
            assert codes(await change(client, "editMessage", given, "message { id }", ann)) == []

    await asyncio.gather(*(talk(person) for person in others), rename(), mend())
    assert await admin.fetchval("select count(*) from chat_messages") == 41
    assert await admin.fetchval("select count(*) from events") == 61


async def test_a_room_in_use_is_deleted_whole_and_its_senders_are_told(client, people, rooms, admin):
    ann, *others = [await people.person() for _ in range(5)]
    room = await rooms.room(ann, *others)

    async def talk(person):
        return [code for _ in range(8) for code in codes(await send(client, room, person))]

    async def delete():
        await asyncio.sleep(0.05)
        return await change(client, "deleteRoom", {"roomId": room.gid}, "deletedRoomId", ann)

    *told, deleted = await asyncio.gather(*(talk(person) for person in others), delete())
    assert deleted["deletedRoomId"] == global_id("Room", room.id)
    assert {code for each in told for code in each} <= {"NOT_FOUND", "NOT_A_MEMBER"}
    assert await admin.fetchval("select count(*) from chat_messages") == 0


async def test_who_is_overtaken_by_the_end_of_a_room_is_told_that_it_is_not_there(client, people, rooms):
    ann, ben, *others = [await people.person() for _ in range(8)]
    refused = []
    for _ in range(6):
        room = await rooms.room(ann, ben)
        message = await say(client, room, ann)
        reacting = {"messageId": message["id"], "emoji": "🎉"}
        *payloads, _ = await asyncio.gather(
            *(change(client, "joinRoom", {"roomId": room.gid}, "edge { cursor }", each) for each in others),
            change(client, "react", reacting, "message { id }", ben),
            change(client, "deleteRoom", {"roomId": room.gid}, "deletedRoomId", ann),
        )
        refused += [code for payload in payloads for code in codes(payload)]
    assert set(refused) <= {"NOT_FOUND", "NOT_A_MEMBER"}
