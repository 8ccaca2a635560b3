"""Lists a page at a time: walked from either end, whatever is in them, they are the sorted list."""

import asyncio
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Uuid, func, select

from kit.db import Database
from kit.errors import BadInput
from kit.keyset import Keyset
from kit.pages import Cursors, PageArgs
from kit.statements import Record

listed = Table(
    "listed",
    MetaData(),
    Column("parent", Integer),
    Column("number", Integer),
    Column("name", String),
    Column("moment", DateTime(timezone=True)),
    Column("id", Uuid),
)
t = listed.c
KEYS = {
    "number": (t.number, Integer(), int),
    "name": (t.name, String(), str),
    "moment": (t.moment, DateTime(timezone=True), datetime),
    "lowered": (func.lower(t.name), String(), str),
    "id": (t.id, Uuid(), UUID),
}
ORDERS = (("id",), ("number", "id"), ("name", "id"), ("moment", "id"), ("number", "name", "moment", "id"))
DIRECTIONS = (False, True)
ROWS = select(*listed.c)
ROW = st.tuples(
    st.integers(0, 2),
    st.sampled_from([-(2**31), -1, 0, 1, 2**31 - 1]),
    st.text("aAzä\U0001f3b5'\\", max_size=3),
    st.integers(0, 3).map(lambda micros: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)),
)
TABLE = "create table listed (parent int, number int, name text, moment timestamptz, id uuid)"


def keyset(order, is_descending, parent=None):
    return Keyset(ROWS, Record, {key: KEYS[key] for key in order}, is_descending=is_descending, parent=parent)


ONE = {(order, down): keyset(order, down) for order in ORDERS for down in DIRECTIONS}
MANY = {(order, down): keyset(order, down, (t.parent, Integer())) for order in ORDERS for down in DIRECTIONS}


def in_order(rows, order, is_descending):
    return sorted(
        map(tuple, rows),
        key=lambda row: [row[list(listed.c.keys()).index(key)] for key in order],
        reverse=is_descending,
    )


class World:
    """A table of its own, and a loop to ask it in: hypothesis calls plain functions."""

    def __init__(self, dsn, runner):
        self.run = runner.run
        self.run(self.open(dsn))

    async def open(self, dsn):
        self.admin = await asyncpg.connect(dsn)
        await self.admin.execute(TABLE)
        self.database = await Database.open(dsn, size=1)

    async def close(self):
        await self.database.close()
        await self.admin.close()

    async def fill(self, rows):
        rows = [(*row, UUID(int=number)) for number, row in enumerate(rows)]
        await self.admin.execute("delete from listed")
        await self.admin.copy_records_to_table("listed", records=rows)
        return rows


@pytest.fixture
def world(database_url):
    with asyncio.Runner() as runner:
        world = World(database_url, runner)
        yield world
        runner.run(world.close())


async def page_of_one(database, rows, args):
    async with database.read(None) as lease:
        return await rows.page(lease, "listed", args)


async def walk(ask, size, is_backward):
    """All pages, from one end to the other."""
    found, cursor, pages = [], None, 0
    while True:
        page = await ask(PageArgs(size, is_backward, *((None, cursor) if is_backward else (cursor, None))))
        info = page.page_info
        assert len(page.nodes) <= size
        nodes = [tuple(node) for node in page.nodes]
        found = nodes + found if is_backward else found + nodes
        ahead, behind = info.has_next_page, info.has_previous_page
        if is_backward:
            ahead, behind = behind, ahead
        assert behind == (pages > 0)
        if not ahead:
            return found
        cursor = info.start_cursor if is_backward else info.end_cursor
        pages += 1


def test_from_either_end_by_any_size_the_pages_are_the_sorted_list(world):
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(ROW, max_size=12), st.sampled_from(ORDERS), st.booleans(), st.integers(1, 5), st.booleans()
    )
    def holds(rows, order, is_descending, size, is_backward):
        async def check():
            expected = in_order(await world.fill(rows), order, is_descending)
            ask = partial(page_of_one, world.database, ONE[order, is_descending])
            assert await walk(ask, size, is_backward) == expected

        world.run(check())

    holds()


def test_between_any_two_cursors_is_what_stands_between_them(world):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(ROW, min_size=2, max_size=12), st.sampled_from(ORDERS), st.booleans(), st.data())
    def holds(rows, order, is_descending, data):
        async def check():
            expected = in_order(await world.fill(rows), order, is_descending)
            ask = partial(page_of_one, world.database, ONE[order, is_descending])
            everything = await ask(PageArgs(100, False, None, None))
            assert [tuple(node) for node in everything.nodes] == expected
            cursors = [edge.cursor for edge in everything.edges]
            first, last = (data.draw(st.integers(0, len(rows) - 1)) for _ in range(2))
            size, between = data.draw(st.integers(1, 12)), expected[first + 1 : last]
            forward = await ask(PageArgs(size, False, cursors[first], cursors[last]))
            backward = await ask(PageArgs(size, True, cursors[first], cursors[last]))
            assert [tuple(node) for node in forward.nodes] == between[:size]
            assert [tuple(node) for node in backward.nodes] == between[-size:]
            assert forward.page_info.has_next_page == (len(between) > size)
            assert backward.page_info.has_previous_page == (len(between) > size)

        world.run(check())

    holds()


def test_the_pages_of_many_parents_are_each_ones_own(world):
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(ROW, max_size=15), st.sampled_from(ORDERS), st.booleans(), st.integers(1, 4), st.booleans()
    )
    def holds(rows, order, is_descending, size, is_backward):
        async def check():
            stored = await world.fill(rows)
            expected = {
                parent: in_order([row for row in stored if row[0] == parent], order, is_descending)
                for parent in range(4)
            }
            lists = MANY[order, is_descending]
            cursors = lists.cursors("listed")
            async with world.database.read(None) as lease:
                first = PageArgs(size, is_backward, None, None)
                found = await lists.rows_by_parent(lease, [2, 0, 3, 1], first, cursors)
                counts = await lists.counts(lease, [2, 0, 3, 1])
            for parent, all_of_it in expected.items():
                rows_ = [tuple(row)[1:] for row in found.get(parent, [])]
                assert rows_ == (all_of_it[::-1] if is_backward else all_of_it)[: size + 1]
                assert counts.get(parent, 0) == len(all_of_it)

        world.run(check())

    holds()


def test_one_statement_reads_the_pages_of_all_parents(world):
    async def check():
        await world.fill([(parent, n, "", datetime.now(UTC)) for parent in range(50) for n in range(5)])
        sent = []
        world.database.observe = sent.append
        async with world.database.read(None) as lease:
            lists, first = MANY[("number", "id"), True], PageArgs(2, False, None, None)
            rows = await lists.rows_by_parent(lease, list(range(50)), first, lists.cursors("listed"))
        return [len(rows[parent]) for parent in range(50)], len(sent)

    lengths, messages = world.run(check())
    assert lengths == [3] * 50
    assert messages == 2


def test_a_page_counts_only_when_it_is_asked_to(world):
    async def check():
        await world.fill([(0, n, "", datetime.now(UTC)) for n in range(5)])
        rows, sent = ONE[("number", "id"), False], []
        world.database.observe = sent.append
        async with world.database.read(None) as lease:
            page = await rows.page(lease, "listed", PageArgs(2, False, None, None), lambda: rows.count(lease))
            before = len(sent)
            return before, await page.count(), len(sent)

    assert world.run(check()) == (2, 5, 3)


def forged(*value):
    return urlsafe_b64encode(orjson.dumps(["listed", *value])).rstrip(b"=").decode()


@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize(
    ("order", "cursor"),
    [
        (("id",), "garbage"),
        (("id",), Cursors("others", (UUID,)).at(UUID(int=1))),
        (("id",), forged()),
        (("id",), forged("no uuid")),
        (("id",), forged(str(UUID(int=1)), 1)),
        (("number", "id"), forged("1", str(UUID(int=1)))),
        (("number", "id"), forged(2**63, str(UUID(int=1)))),
        (("name", "id"), forged("\0", str(UUID(int=1)))),
        (("moment", "id"), forged("2026-01-01T00:00:00", str(UUID(int=1)))),
        (("moment", "id"), forged("0001-01-01T00:00:00+14:00", str(UUID(int=1)))),
        (("moment", "id"), forged("9999-12-31T23:59:59-14:00", str(UUID(int=1)))),
    ],
)
def test_a_cursor_that_the_list_cannot_have_made_is_bad_input(world, order, cursor, side):
    args = PageArgs(1, False, *((cursor, None) if side == "after" else (None, cursor)))
    with pytest.raises(BadInput, match="This is not a cursor of this list"):
        world.run(page_of_one(world.database, ONE[order, False], args))


@pytest.mark.parametrize("number", [-(2**63), -(2**31) - 1, 2**31, 2**63 - 1])
def test_a_number_beyond_those_of_the_column_stands_before_or_behind_all(world, number):
    async def check():
        await world.fill([(0, 0, "", datetime.now(UTC))])
        cursor = forged(number, str(UUID(int=0)))
        return await page_of_one(
            world.database, ONE[("number", "id"), False], PageArgs(1, False, cursor, None)
        )

    assert len(world.run(check()).nodes) == (number < 0)
