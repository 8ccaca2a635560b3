"""One event for many: read, run and encoded once for all who are told alike; nobody misses or repeats any."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import orjson
import pytest

from gateway.transport import group as group_module
from gateway.transport.telling import Telling
from kit.bus import Signal
from kit.pages import decode, encode
from kit.settings import Rate
from resolvers.rooms.watch import RoomSource
from tests.client import Heard
from tests.schema.rooms.asking import change, say

DEADLINE = 30
SHORT = """subscription($id: ID!, $after: Cursor) { roomEvents(roomId: $id, after: $after) {
  ... on MessageAdded { messageEdge { node { content author { displayName } } } } } }"""
LONG = """subscription($id: ID!, $from: Cursor) { roomEvents(roomId: $id, after: $from) { __typename
  ... on StreamEvent { cursor originKey at } ... on StreamEnded { reason }
  ... on MessageAdded { messageEdge { cursor node { id content author { id username } } } } } }"""
PERSONAL = """subscription($id: ID!) { roomEvents(roomId: $id) { __typename
  ... on MessageAdded { messageEdge { node { content viewerCanEdit viewerCanDelete
    reactions { emoji count viewerHasReacted } room { viewerUnreadCount viewerCanPost viewerCanModerate
      viewerMembership { id role } viewerLastReadMessage { content } viewerNotify } } } }
  ... on MessageChanged { message { id viewerCanEdit reactions { emoji count viewerHasReacted } } }
  ... on RoomChanged { room { viewerCanPost viewerCanEdit viewerMembership { role } } } } }"""


async def until(condition):
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.005)


@asynccontextmanager
async def audience(client, document, room, people, **variables):
    """Everybody listens, and has heard that they do."""
    heard = [Heard() for _ in people]
    async with AsyncExitStack() as stack:
        for reader, person in zip(heard, people, strict=True):
            await stack.enter_async_context(
                client.subscribe(document, {"id": room.gid, **variables}, as_=person, heard=reader)
            )
        assert all(len(reader.payloads) == 1 for reader in heard)
        yield heard


@pytest.fixture
def told(monkeypatch):
    """Every time that events are told to a cohort."""
    times = []
    tell = Telling.tell

    async def counted(self, members, position, events):
        times.append((position, len(events), len(members)))
        await tell(self, members, position, events)

    monkeypatch.setattr(Telling, "tell", counted)
    return times


@pytest.fixture
def settings(settings):
    """A sweep in the middle of a test would be counted."""
    rate = Rate(limit=1000, per_seconds=1)
    return settings.model_copy(update={"sweep_seconds": 60, "rate_send_message": rate})


@pytest.fixture
def asked(monkeypatch):
    """Every time that it is asked who may be told, and of how many."""
    times = []
    readers = RoomSource.readers

    async def counted(self, context, people):
        times.append(len(people))
        return await readers(self, context, people)

    monkeypatch.setattr(RoomSource, "readers", counted)
    return times


@pytest.mark.parametrize("count", [1, 200])
async def test_an_event_is_read_checked_run_and_encoded_once_for_each_document(
    client, people, rooms, statements, told, asked, count
):
    ann = await people.person("ann")
    persons = [await people.person() for _ in range(min(count, 20))]
    room = await rooms.room(ann, *persons)
    crowd = [persons[number % len(persons)] for number in range(count)]
    async with audience(client, SHORT, room, crowd) as short, audience(client, LONG, room, crowd) as long:
        statements.clear()
        await say(client, room, ann, "Hello")
        await until(lambda: all(len(reader.payloads) == 2 for reader in (*short, *long)))
    assert len([sql for sql in statements.sent if "read_events" in sql]) == 1
    assert asked == [len(persons)] * 2
    assert [members for _, _, members in told] == [count, count]
    for readers in (short, long):
        assert all(reader.payloads[1] is readers[0].payloads[1] for reader in readers), "the very same bytes"


@pytest.fixture
def happen(admin, services):
    """Something is told of a room, by nobody's operation."""

    async def happened(room, kind, **payload):
        topic = f"room:{room.id}"
        emitted = "select * from app.emit(array[$1], array[$2], array[$3::text::jsonb], null)"
        seq = await admin.fetchval(
            f"select seq from ({emitted}) e", topic, kind, orjson.dumps(payload).decode()
        )
        await services.bus.publish([Signal(topic, seq)])

    return happened


@pytest.mark.parametrize("document", [SHORT, PERSONAL])
async def test_the_statements_of_an_event_do_not_depend_on_how_many_are_told(
    client, people, rooms, statements, happen, admin, document
):
    ann = await people.person("ann")
    crowd = [await people.person() for _ in range(30)]
    room = await rooms.room(ann, *crowd)
    message = await rooms.message(room, ann, "Hello")
    await rooms.react(room, crowd[3], message)
    sent = {}
    for count in (1, 30):
        async with audience(client, document, room, crowd[:count]) as heard:
            statements.clear()
            await happen(room, "message_added", message=message)
            await until(lambda heard=heard: all(len(reader.payloads) == 2 for reader in heard))
            sent[count] = Counter(statements.sent)
    assert sent[1] == sent[30]
    assert set(sent[1].values()) <= {1, 2}


async def test_what_a_person_is_told_is_what_they_would_read_alone(
    client, people, rooms, happen, monkeypatch
):
    ann, ben, eve = [await people.person(name) for name in ("ann", "ben", "eve")]
    room = await rooms.room(ann, ben)
    crowd = [ann, ben, eve, ben]
    await say(client, room, ben, "one")
    message = await rooms.message(room, ann, "two")
    await rooms.react(room, ben, message)

    async def told():
        async with audience(client, PERSONAL, room, crowd) as heard:
            await happen(room, "message_added", message=message)
            await happen(room, "message_changed", message=message, change="reactions")
            await happen(room, "room_changed")
            await until(lambda: all(len(reader.payloads) == 4 for reader in heard))
        return [reader.payloads[1:] for reader in heard]

    together = await told()
    monkeypatch.setattr(Telling, "_answer", lambda self, _context, members, item: self._singly(members, item))
    assert together == await told()
    assert all(first is second for first, second in zip(together[1], together[3], strict=True))
    added, changed, renamed = [
        [orjson.loads(payloads[number])["data"]["roomEvents"] for payloads in together] for number in range(3)
    ]
    nodes = [event["messageEdge"]["node"] for event in added]
    assert [node["viewerCanEdit"] for node in nodes] == [True, False, False, False]
    assert [node["room"]["viewerUnreadCount"] for node in nodes] == [1, 1, 0, 1]
    reacted = [event["message"]["reactions"][0]["viewerHasReacted"] for event in changed]
    assert reacted == [False, True, False, True]
    assert [event["room"]["viewerCanEdit"] for event in renamed] == [True, False, False, False]


async def test_documents_variables_and_rooms_are_told_apart_but_not_places(client, people, rooms):
    ann = await people.person("ann")
    room, other = await rooms.room(ann), await rooms.room(ann)
    groups = client.answering.fan_out._groups
    cursor = encode([f"room:{room.id}", 0])
    async with (
        audience(client, SHORT, room, [ann]),
        audience(client, SHORT, room, [ann], after=cursor),
        audience(client, LONG, room, [ann]),
        audience(client, SHORT, other, [ann]),
    ):
        assert len(groups) == 3
        assert client.answering.fan_out.member_count == 4
    assert groups == {}
    await until(lambda: client.services.hub._tails.keys() == {"sessions"})


async def test_who_was_away_is_told_what_they_missed_and_then_the_same_as_all(client, people, rooms, told):
    ann = await people.person("ann")
    room = await rooms.room(ann)
    for number in range(120):
        await rooms.message(room, ann, str(number))
    async with audience(client, LONG, room, [ann, ann]) as present:
        for number in range(5):
            await say(client, room, ann, f"live {number}")
        await until(lambda: all(len(reader.payloads) == 6 for reader in present))
        told.clear()
        start = present[0].cursors[2]
        late = [Heard() for _ in range(40)]
        async with AsyncExitStack() as stack:
            for reader in late:
                await stack.enter_async_context(
                    client.subscribe(LONG, {"id": room.gid, "from": start}, as_=ann, heard=reader)
                )
            await until(lambda: all(len(reader.payloads) == 4 for reader in late))
            assert sum(events for _, events, _ in told) < 40 * 3, "those at one place are told together"
            told.clear()
            await say(client, room, ann, "now")
            await until(lambda: all(reader.payloads[-1] is present[0].payloads[-1] for reader in late))
            assert [members for _, _, members in told] == [42]
    assert [orjson.loads(payload)["data"] for payload in late[0].payloads[1:]] == [
        orjson.loads(payload)["data"] for payload in present[0].payloads[3:]
    ]


async def test_one_who_loses_access_is_ended_alone(client, people, rooms):
    ann, ben = [await people.person(name) for name in ("ann", "ben")]
    room = await rooms.room(ann, ben, is_private=True)
    async with audience(client, LONG, room, [ben, ann, ben]) as heard:
        await change(client, "leaveRoom", {"roomId": room.gid}, "leftRoomId", ben)
        await say(client, room, ann, "between us")
        await until(lambda: len(heard[1].payloads) == 3)
        for reader in (heard[0], heard[2]):
            assert b"between us" not in b"".join(reader.payloads)
            assert orjson.loads(reader.payloads[1])["data"]["roomEvents"]["reason"] == "ACCESS_WITHDRAWN"
            assert len(reader.payloads) == 2
        assert client.answering.fan_out.member_count == 1


async def test_one_who_loses_access_while_reading_for_all_takes_nothing_from_the_others(
    client, people, rooms, admin, monkeypatch
):
    ann, ben = [await people.person(name) for name in ("ann", "ben")]
    room = await rooms.room(ann, ben, is_private=True)
    item, read_by = RoomSource.item, []

    async def overtaken(self, context, cursor, event):
        read_by.append(context.user_id)
        if len(read_by) == 1:
            await admin.execute("delete from room_members where user_id = $1", ben.id)
        return await item(self, context, cursor, event)

    async with audience(client, LONG, room, [ben, ann]) as (first, second):
        monkeypatch.setattr(RoomSource, "item", overtaken)
        await say(client, room, ann, "to who is left")
        await until(lambda: len(first.payloads) == len(second.payloads) == 2)
    assert read_by == [ben.id, ann.id]
    assert orjson.loads(first.payloads[1])["data"]["roomEvents"]["reason"] == "ACCESS_WITHDRAWN"
    assert b"to who is left" in second.payloads[1]


async def test_an_outage_in_the_middle_of_an_event_is_waited_out(client, people, rooms, monkeypatch):
    ann = await people.person("ann")
    room = await rooms.room(ann)
    failures, item = [], RoomSource.item

    async def failing(self, context, cursor, event):
        if len(failures) < 3:
            failures.append(event)
            raise asyncpg.ConnectionDoesNotExistError("away")
        return await item(self, context, cursor, event)

    monkeypatch.setattr(RoomSource, "item", failing)
    async with audience(client, SHORT, room, [ann, ann]) as heard:
        await say(client, room, ann, "heard once")
        await until(lambda: all(len(reader.payloads) == 2 for reader in heard))
        assert len(failures) == 3
        assert not any(reader.is_broken for reader in heard)


async def test_an_outage_that_lasts_sends_all_to_come_again(client, people, rooms, monkeypatch):
    ann = await people.person("ann")
    room = await rooms.room(ann)

    async def failing(*_args):
        raise asyncpg.ConnectionDoesNotExistError("away")

    monkeypatch.setattr(RoomSource, "item", failing)
    monkeypatch.setattr(group_module, "TRIES", 2)
    async with audience(client, SHORT, room, [ann, ann]) as heard:
        await say(client, room, ann, "never heard")
        await until(lambda: all(reader.is_broken for reader in heard))
        assert all(len(reader.payloads) == 1 for reader in heard)
        assert client.answering.fan_out.member_count == 0


async def test_more_come_at_once_than_there_are_connections(client, people, rooms):
    ann = await people.person("ann")
    room = await rooms.room(ann)
    heard = [Heard() for _ in range(60)]
    async with AsyncExitStack() as stack, asyncio.timeout(DEADLINE):
        opening = [client.subscribe(SHORT, {"id": room.gid}, as_=ann, heard=reader) for reader in heard]
        await asyncio.gather(*(stack.enter_async_context(each) for each in opening))
        await say(client, room, ann, "to all")
        await until(lambda: all(len(reader.payloads) == 2 for reader in heard))


@pytest.mark.parametrize("seed", range(6))
async def test_whenever_one_comes_and_from_wherever_each_event_is_told_once_and_in_order(
    client, people, rooms, seed
):
    source = random.Random(seed)
    ann = await people.person("ann")
    room = await rooms.room(ann)
    readers = []

    async def talk():
        for number in range(30):
            await say(client, room, ann, str(number))
            await asyncio.sleep(source.random() * 0.01)

    async def listen():
        await asyncio.sleep(source.random() * 0.4)
        start = source.choice([0, 0, None, source.randrange(30)])
        heard, after = Heard(), None if start is None else encode([f"room:{room.id}", start])
        async with client.subscribe(LONG, {"id": room.gid, "from": after}, as_=ann, heard=heard):
            readers.append((start, heard))
            if source.random() < 0.3:
                await asyncio.sleep(source.random() * 0.1)
                return
            await until(lambda: heard.cursors and heard.cursors[-1] == encode([f"room:{room.id}", 30]))

    await asyncio.gather(talk(), *(listen() for _ in range(25)))
    for _, heard in readers:
        events = [orjson.loads(payload)["data"]["roomEvents"] for payload in heard.payloads]
        assert events[0]["__typename"] == "StreamReady"
        if events[1:2] and events[1]["__typename"] == "StreamGap":
            continue  # from the future
        places = [decode(cursor)[1] for cursor in heard.cursors]
        assert places == list(range(places[0], places[0] + len(places)))
