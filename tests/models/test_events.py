"""Events: without a hole and in the order of commit, whoever writes at the same time."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from random import Random
from uuid import uuid4

import asyncpg
import pytest

from models.access import WORKER

TOPICS = [f"room:{name}" for name in "abcde"]
EMIT = "select topic, seq from app.emit($1, $2, $3, $4)"
SEEN = "select topic, seq from app.topic_heads_seen($1, $2)"
NOW = "select pg_current_snapshot()::text"
STORED = "select topic, seq, kind, payload, origin_key from events order by topic, seq"
FORGET = "delete from events where topic = $1 and seq <= $2 returning seq, payload #>> '{}' as thing"
HEADS = "select topic, seq from topics"


async def emit(connection, *happened, origin=None):
    """Events as (topic, payload); answers with what each got."""
    names = [topic for topic, _ in happened]
    payloads = [json.dumps(payload) for _, payload in happened]
    return [
        tuple(row) for row in await connection.fetch(EMIT, names, ["made"] * len(names), payloads, origin)
    ]


async def heads_seen(connection, snapshot, *names):
    return {row["topic"]: row["seq"] for row in await connection.fetch(SEEN, names or TOPICS, snapshot)}


async def stored(admin):
    """Payloads of each topic, in the order of seq; a hole fails."""
    found = defaultdict(list)
    for row in await admin.fetch(STORED):
        found[row["topic"]].append(json.loads(row["payload"]))
        assert row["seq"] == len(found[row["topic"]])
    assert {row["topic"]: row["seq"] for row in await admin.fetch(HEADS)} == {
        t: len(p) for t, p in found.items()
    }
    return found


async def test_what_one_call_tells_is_numbered_in_its_order(connect, admin):
    connection = await connect()
    told = await emit(connection, ("b", 1), ("a", 2), ("b", 3), ("a", 4), ("c", 5))
    assert told == [("b", 1), ("a", 1), ("b", 2), ("a", 2), ("c", 1)]
    assert await emit(connection, ("b", 6), ("b", 7)) == [("b", 3), ("b", 4)]
    assert await stored(admin) == {"a": [2, 4], "b": [1, 3, 6, 7], "c": [5]}


async def test_an_event_keeps_its_kind_its_payload_and_its_origin(connect, admin):
    connection, key = await connect(), uuid4()
    await connection.fetch(EMIT, ["a", "a"], ["came", "went"], ['{"n": 1}', "{}"], key)
    rows = [tuple(row) for row in await admin.fetch(STORED)]
    assert rows == [("a", 1, "came", '{"n": 1}', key), ("a", 2, "went", "{}", key)]


async def test_a_call_without_events_tells_nothing(connect, admin):
    assert await emit(await connect()) == []
    assert await stored(admin) == {}


async def test_what_is_rolled_back_leaves_no_hole(connect, admin):
    connection = await connect()
    await emit(connection, ("a", 1))
    transaction = connection.transaction()
    await transaction.start()
    assert await emit(connection, ("a", 2)) == [("a", 2)]
    await transaction.rollback()
    assert await emit(connection, ("a", 3)) == [("a", 2)]
    assert await stored(admin) == {"a": [1, 3]}


@pytest.mark.parametrize("holds_first", [False, True])
async def test_sixteen_writers_on_topics_in_any_order_leave_no_hole_and_never_lock_each_other_out(
    holds_first, connect, admin
):
    random, expected = Random(holds_first), defaultdict(set)
    await admin.execute(
        "grant select on events to crossfade_gateway; create policy peek on events using (true)"
    )

    async def write(connection, writer):
        for turn in range(12):
            topics = random.choices(TOPICS, k=random.randint(1, 3))
            fails = random.random() < 0.2
            with suppress(asyncpg.DivisionByZeroError):
                async with connection.transaction():
                    if holds_first:
                        await connection.execute("select app.hold_topics($1)", topics)
                    told = await emit(
                        connection, *((topic, [writer, turn, n]) for n, topic in enumerate(topics))
                    )
                    for topic, seq in told:  # all before it is committed, or its own
                        seen = "select count(*) from events where topic = $1 and seq <= $2"
                        assert await connection.fetchval(seen, topic, seq) == seq
                    if fails:
                        await connection.execute("select 1 / 0")
            if not fails:
                for n, topic in enumerate(topics):
                    expected[topic].add((writer, turn, n))

    connections = [await connect() for _ in range(16)]
    await asyncio.gather(*(write(connection, writer) for writer, connection in enumerate(connections)))
    found = await stored(admin)
    assert {topic: {tuple(payload) for payload in payloads} for topic, payloads in found.items()} == expected
    assert sum(map(len, found.values())) == sum(map(len, expected.values()))
    for payloads in found.values():
        for writer in range(16):  # each writer's own, in the order it wrote them
            own = [payload for payload in payloads if payload[0] == writer]
            assert own == sorted(own)


async def test_a_topic_waits_for_who_holds_it_and_others_do_not(connect, admin):
    first, second, third = [await connect() for _ in range(3)]
    transaction = first.transaction()
    await transaction.start()
    await emit(first, ("a", 1), ("b", 1))
    waiting = asyncio.create_task(emit(second, ("b", 2)))
    assert await emit(third, ("c", 1)) == [("c", 1)]
    assert not waiting.done()
    await transaction.commit()
    assert await waiting == [("b", 2)]


async def test_what_is_not_committed_yet_is_not_seen_nor_what_comes_after_it(connect, admin):
    writer, other, reader = [await connect() for _ in range(3)]
    await emit(other, ("a", 1), ("b", 1))
    transaction = writer.transaction()
    await transaction.start()
    await emit(writer, ("a", 2), ("c", 1))
    await emit(other, ("b", 2))
    snapshot = await reader.fetchval(NOW)
    await transaction.commit()
    await emit(other, ("a", 3), ("b", 3))
    assert await heads_seen(reader, snapshot, "a", "b", "c", "never") == {"a": 1, "b": 2, "c": 0}
    assert await heads_seen(reader, await reader.fetchval(NOW), "a", "b", "c") == {"a": 3, "b": 3, "c": 1}


async def test_where_old_events_are_gone_the_head_is_seen_all_the_same(connect, admin):
    writer, worker = await connect(), await connect(WORKER)
    await emit(writer, *(("a", n) for n in range(5)), ("b", 1))
    early = await writer.fetchval(NOW)
    await emit(writer, ("a", 6), ("a", 7))
    late = await writer.fetchval(NOW)
    await worker.execute("delete from events where seq <= 5")
    assert await heads_seen(writer, early, "a", "b") == {"a": 5, "b": 1}
    assert await heads_seen(writer, late, "a", "b") == {"a": 7, "b": 1}
    await worker.execute("delete from events")
    assert await heads_seen(writer, late, "a", "b") == {"a": 7, "b": 1}


async def test_a_topic_whose_events_are_gone_goes_on_counting(connect, admin):
    writer, worker = await connect(), await connect(WORKER)
    await emit(writer, ("a", 1), ("a", 2))
    await worker.execute("delete from events")
    assert await writer.fetchval("select seq from app.topic_heads($1)", ["a"]) == 2
    assert await writer.fetchval("select app.oldest_event('a')") is None
    assert await emit(writer, ("a", 3)) == [("a", 3)]
    assert await writer.fetchval("select app.oldest_event('a')") == 3


async def test_events_are_read_behind_a_place_oldest_first_and_so_many_at_most(connect):
    connection = await connect()
    await emit(connection, *((topic, n) for n in range(5) for topic in "ab"))
    read = "select seq, payload from app.read_events($1, $2, $3)"
    assert [tuple(row) for row in await connection.fetch(read, "a", 1, 2)] == [(2, "1"), (3, "2")]
    assert [row["seq"] for row in await connection.fetch(read, "a", 3, 100)] == [4, 5]
    assert await connection.fetch(read, "a", 5, 100) == []
    assert await connection.fetch(read, "c", 0, 100) == []


class Interleaving:
    """Writers, readers and a broom, each a step at a time, in an order that the seed decides."""

    def __init__(self, seed, connect, admin):
        self.random = Random(seed)
        self.connect = connect
        self.admin = admin
        self.pages = []
        self.gone = {}
        self.writing = 5
        self.read_from = [dict.fromkeys(TOPICS[:2], 0) for _ in range(3)]

    async def breathe(self):
        for _ in range(self.random.randint(0, 6)):
            await asyncio.sleep(0)

    async def write(self, number):
        connection = await self.connect()
        for turn in range(10):
            transaction = connection.transaction()
            await transaction.start()
            topic, thing = self.random.choice(TOPICS[:2]), f"{number}.{turn}"
            await connection.execute("insert into things values ($1, $2)", topic, thing)
            await self.breathe()
            await emit(connection, (topic, thing))
            await self.breathe()
            await (transaction.rollback if self.random.random() < 0.2 else transaction.commit)()
        self.writing -= 1

    async def read(self, number):
        """As an operation does: first the snapshot, then cursors and page, in statements of their own."""
        connection, snapshots = await self.connect(), await self.connect("postgres")
        while self.writing:
            async with snapshots.transaction(isolation="repeatable_read"):
                snapshot = await snapshots.fetchval(NOW)
                self.read_from[number] |= {row["topic"]: row["seq"] for row in await snapshots.fetch(HEADS)}
            await self.breathe()
            cursors = dict.fromkeys(TOPICS[:2], 0) | await heads_seen(connection, snapshot, *TOPICS[:2])
            assert cursors == self.read_from[number]
            await self.breathe()
            for topic, cursor in cursors.items():
                things = await connection.fetch("select name from things where topic = $1", topic)
                self.pages.append((topic, cursor, {row["name"] for row in things}))

    async def sweep(self):
        """What was there before any page that is read now began may go."""
        while self.writing:
            for topic in TOPICS[:2]:
                past = min(place[topic] for place in self.read_from)
                for row in await self.admin.fetch(FORGET, topic, past):
                    self.gone[topic, row["seq"]] = row["thing"]
            await self.breathe()

    async def run(self, *, is_swept):
        writers = [self.write(number) for number in range(self.writing)]
        readers = [self.read(number) for number in range(len(self.read_from))]
        await asyncio.gather(*writers, *readers, *([self.sweep()] if is_swept else []))


@pytest.mark.parametrize("is_swept", [False, True])
@pytest.mark.parametrize("seed", range(6))
async def test_a_page_and_the_events_behind_its_cursor_tell_everything_once(seed, is_swept, connect, admin):
    await admin.execute(
        "create table things (topic text, name text); grant all on things to crossfade_gateway"
    )
    world = Interleaving(seed, connect, admin)
    await world.run(is_swept=is_swept)
    events = dict(world.gone)
    for row in await admin.fetch("select topic, seq, payload #>> '{}' as thing from events"):
        events[row["topic"], row["seq"]] = row["thing"]
    things = defaultdict(dict)
    for (topic, seq), thing in events.items():
        things[topic][seq] = thing
    assert {t: sorted(told) for t, told in things.items()} == {
        t: list(range(1, len(s) + 1)) for t, s in things.items()
    }
    assert len(world.pages) > 0
    for topic, cursor, page in world.pages:
        before = {thing for seq, thing in things[topic].items() if seq <= cursor}
        after = [thing for seq, thing in sorted(things[topic].items()) if seq > cursor]
        assert before <= page
        assert len(set(after)) == len(after)
        assert page | set(after) == set(things[topic].values())
        assert before.isdisjoint(after)
