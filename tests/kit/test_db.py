"""Leases and transactions: one connection, one viewer, and everything goes back."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import ARRAY, Boolean, Integer, String, Uuid, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB

from gateway.databases import role_dsn
from kit.db import ENTER, Database, LeaseClosedError
from kit.statements import Call, Record, Statement, param
from models.access import GATEWAY
from models.identity import Account, IdempotencyKey

account = Account.__table__.c
kept = IdempotencyKey.__table__.c

MINE = Statement(select(account.user_id), Record)
PROCESS = Statement(select(func.pg_backend_pid().label("pid")), Record)
SLOW = Statement(select(func.pg_sleep(0.05), func.pg_backend_pid().label("pid")), Record)
PLANNING = Statement(select(func.current_setting("plan_cache_mode").label("mode")), Record)
BROKEN = Statement(text("select 1 / 0"), Record)
ECHO = Statement(select(param("value", JSONB()).label("value")), Record)
NUMBERS = Statement(text("select n from numbers order by n"), Record)
PUT = Statement(text("insert into numbers (n) values (:n)").bindparams(param("n", Integer())), Record)

KEEP = Statement(
    insert(IdempotencyKey).values(
        user_id=param("user_id", Uuid()),
        operation="x",
        client_key=param("client_key", Uuid()),
        input_hash=b"",
        result=param("result", JSONB()),
    ),
    Record,
)


@pytest.fixture
async def database(database_url):
    opened = await Database.open(role_dsn(database_url, GATEWAY, None), size=1)
    yield opened
    await asyncio.wait_for(opened.close(), 30)


@pytest.fixture
def sent(database):
    heard = []
    database.observe = heard.append
    return heard


@pytest.fixture
async def numbers(admin):
    """A table that refuses a number twice, at the commit."""
    await admin.execute(f"""
        create table numbers (n int unique deferrable initially deferred);
        grant all on numbers to {GATEWAY}""")


async def stored(admin):
    return [row["n"] for row in await admin.fetch("select n from numbers order by n")]


@pytest.fixture
async def whole(admin):
    """A function that is a whole transaction: it keeps something of who asks, and tells who asked before."""
    await admin.execute(f"""
        create function app.keep(viewer uuid, key uuid, fails boolean, out former text, out seen uuid[])
        language plpgsql as $$ begin
          former := current_setting('app.viewer', true);
          perform set_config('app.viewer', coalesce(viewer::text, ''), true);
          seen := array(select a.user_id from accounts a);
          insert into idempotency_keys (user_id, operation, client_key, input_hash, result)
          values (viewer, 'x', key, '', '{{}}');
          if fails then perform 1 / 0; end if;
        end $$;
        grant execute on function app.keep to {GATEWAY}""")


KEEP_MINE = Call(
    func.app.keep(param("viewer", Uuid()), param("key", Uuid()), param("fails", Boolean())),
    ("former", "seen"),
    Record,
)


async def kept_by(admin):
    return [row["user_id"] for row in await admin.fetch("select user_id from idempotency_keys")]


async def seen_by(database, viewer):
    async with database.read(viewer) as lease:
        return [row.user_id for row in await lease.fetch(MINE)]


async def test_the_viewer_is_set_first_and_once_a_lease(database, sent, people):
    ada = await people.person()
    async with database.read(ada.id) as lease:
        assert [row.user_id for row in await lease.fetch(MINE)] == [ada.id]
        await lease.fetch(MINE)
    assert sent == [ENTER, MINE.sql, MINE.sql]


async def test_a_statement_is_planned_once_for_all_its_values(database):
    async with database.read(None) as lease:
        row = await lease.fetchrow(PLANNING)
    assert row.mode == "force_generic_plan"


async def test_the_next_lease_of_a_connection_is_its_own_viewers(database, people):
    ada, grace = await people.person(), await people.person()
    assert await seen_by(database, ada.id) == [ada.id]
    assert await seen_by(database, None) == []
    assert await seen_by(database, grace.id) == [grace.id]


async def test_a_lease_that_reads_nothing_takes_no_connection(database, sent):
    async with database.read(None), database.read(None), database.read(None) as lease:
        pass
    assert sent == []
    with pytest.raises(LeaseClosedError):
        await lease.fetch(MINE)
    assert sent == []


async def test_statements_of_siblings_take_turns_on_one_connection(database, sent):
    async with database.read(None) as lease:
        rows = await asyncio.gather(*(lease.fetchrow(SLOW) for _ in range(5)))
    assert len({row.pid for row in rows}) == 1
    assert sent == [ENTER, *[SLOW.sql] * 5]


async def test_one_that_fails_does_not_end_the_lease(database):
    async with database.read(None) as lease:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await lease.fetch(BROKEN)
        assert await lease.fetch(MINE) == []


async def test_a_statement_without_its_value_is_never_sent(database, sent):
    async with database.read(None) as lease:
        with pytest.raises(KeyError, match="value"):
            await lease.fetch(ECHO)
    assert sent == []


async def test_closing_lets_the_statement_under_way_end_and_refuses_those_that_wait(database, sent):
    lease = database.lease(None)
    running = asyncio.create_task(lease.fetch(SLOW))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(lease.fetch(SLOW))
    while SLOW.sql not in sent:  # noqa: ASYNC110 - it says so through an observer
        await asyncio.sleep(0)
    lease.close()
    lease.close()
    assert len(await running) == 1
    with pytest.raises(LeaseClosedError):
        await waiting
    assert sent == [ENTER, SLOW.sql]
    assert await seen_by(database, None) == []


async def test_who_is_cancelled_before_the_first_statement_keeps_no_connection(database, people):
    ada = await people.person()
    for pauses in range(20):
        lease = database.lease(ada.id)
        reading = asyncio.create_task(lease.fetch(MINE))
        for _ in range(pauses):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        lease.close()
        assert await seen_by(database, None) == []


async def test_a_lease_says_what_was_visible_before_its_first_read(database, numbers, admin):
    visible = Statement(
        text("select pg_visible_in_snapshot((:tx)::xid8, (:seen)::pg_snapshot) as yes").bindparams(
            param("tx", String()), param("seen", String())
        ),
        Record,
    )
    before = await admin.fetchval("select pg_current_xact_id()::text")
    async with database.read(None) as lease:
        snapshot = await lease.enter()
        after = await admin.fetchval("select pg_current_xact_id()::text")
        assert await lease.enter() == snapshot == lease.snapshot
        answers = [await lease.fetchrow(visible, tx=tx, seen=snapshot) for tx in (before, after)]
    assert [row.yes for row in answers] == [True, False]


async def test_a_write_is_begun_as_its_viewer_in_one_message_and_committed(database, sent, people, admin):
    ada = await people.person()
    async with database.write(ada.id) as transaction:
        assert [row.user_id for row in await transaction.fetch(MINE)] == [ada.id]
        assert await transaction.fetchrow(KEEP, user_id=ada.id, client_key=ada.id, result={"a": [1]}) is None
    assert sent == [f"begin; set local app.viewer = '{ada.id}'", MINE.sql, KEEP.sql, "commit"]
    assert await admin.fetchval("select result ->> 'a' from idempotency_keys") == "[1]"


async def test_a_write_that_raises_is_rolled_back_and_leaves_no_viewer(
    database, sent, people, numbers, admin
):
    async def fail(viewer):
        async with database.write(viewer) as transaction:
            await transaction.fetch(PUT, n=1)
            raise ValueError(viewer)

    ada = await people.person()
    with pytest.raises(ValueError, match=str(ada.id)):
        await fail(ada.id)
    assert sent[-1] == "rollback"
    assert await seen_by(database, None) == []
    assert await stored(admin) == []


async def test_a_write_whose_statement_fails_is_rolled_back(database, numbers, admin):
    async def fail():
        async with database.write(None) as transaction:
            await transaction.fetch(PUT, n=1)
            await transaction.fetch(BROKEN)

    with pytest.raises(asyncpg.DivisionByZeroError):
        await fail()
    assert await seen_by(database, None) == []
    assert await stored(admin) == []


async def test_a_commit_that_is_refused_is_raised_and_nothing_is_stored(database, sent, numbers, admin):
    async def twice():
        async with database.write(None) as transaction:
            await transaction.many(PUT, [{"n": 1}, {"n": 1}])

    with pytest.raises(asyncpg.UniqueViolationError):
        await twice()
    assert sent == ["begin; set local app.viewer = ''", PUT.sql, "commit", "rollback"]
    assert await seen_by(database, None) == []
    assert await stored(admin) == []


async def test_a_write_that_is_cancelled_anywhere_is_all_or_nothing(database, numbers, admin):
    async def put(n):
        async with database.write(None) as transaction:
            await transaction.fetch(PUT, n=n)
            await transaction.fetch(PUT, n=-n)

    acknowledged = []
    for n in range(1, 40):
        writing = asyncio.create_task(put(n))
        for _ in range(n):
            await asyncio.sleep(0)
        writing.cancel()
        (outcome,) = await asyncio.gather(writing, return_exceptions=True)
        acknowledged += [n] if outcome is None else []
        assert await seen_by(database, None) == []
    found = await stored(admin)
    assert set(acknowledged) <= set(found)
    assert found == sorted(-n for n in found)


async def test_a_read_goes_on_when_a_migration_has_changed_the_type_of_a_column(database, numbers, admin):
    await admin.execute("insert into numbers values (1)")
    async with database.read(None) as lease:
        assert [row.n for row in await lease.fetch(NUMBERS)] == [1]
        await admin.execute("alter table numbers alter n type text")
        assert [row.n for row in await lease.fetch(NUMBERS)] == ["1"]


async def test_a_write_fails_once_when_a_migration_has_changed_the_type_of_a_column(database, numbers, admin):
    async def read():
        async with database.write(None) as transaction:
            return [row.n for row in await transaction.fetch(NUMBERS)]

    await admin.execute("insert into numbers values (1)")
    assert await read() == [1]
    await admin.execute("alter table numbers alter n type text")
    with pytest.raises(asyncpg.InvalidCachedStatementError):
        await read()
    assert await read() == ["1"]


@pytest.mark.parametrize(
    "value",
    [{}, [], None, 0, -1, 2**53, 1.5, "", "ä\U0001f3b5\\\"'", True, {"a": {"b": [1, None, {"c": "d"}]}}],
    ids=str,
)
async def test_json_goes_and_comes_as_it_is(database, value):
    async with database.read(None) as lease:
        (row,) = await lease.fetch(ECHO, value=value)
    assert row.value == value
    assert type(row.value) is type(value)


async def test_objects_of_json_go_in_arrays(database):
    statement = Statement(select(func.unnest(param("values", ARRAY(JSONB()))).label("value")), Record)
    async with database.read(None) as lease:
        rows = await lease.fetch(statement, values=[{"a": [1]}, {}, "three", None])
    assert [row.value for row in rows] == [{"a": [1]}, {}, "three", None]


async def test_vectors_are_known(database):
    async with database.read(None) as lease:
        (row,) = await lease.fetch(
            Statement(text("select '[1,2,3]'::vector as v, '[1,2]'::halfvec as h"), Record)
        )
    assert row.v.to_list() == [1, 2, 3]
    assert row.h.to_list() == [1, 2]


async def test_closing_waits_for_what_is_still_read(database_url):
    database = await Database.open(role_dsn(database_url, GATEWAY, None), size=2)
    lease = database.lease(None)
    reading = asyncio.create_task(lease.fetch(SLOW))
    await asyncio.sleep(0.01)
    lease.close()
    await asyncio.wait_for(database.close(), 30)
    assert len(await reading) == 1


async def test_a_call_is_one_message_as_its_viewer(database, sent, whole, people, admin):
    ada, _ = await people.person(), await people.person()
    row = await database.call(ada.id, KEEP_MINE, key=uuid4(), fails=False)
    assert row.seen == [ada.id]
    assert sent == [KEEP_MINE.sql]
    assert await kept_by(admin) == [ada.id]


async def test_what_a_call_says_of_who_asks_ends_with_it_however_it_ends(database, whole, people, admin):
    ada, grace, eve = [await people.person() for _ in range(3)]
    assert await seen_by(database, ada.id) == [ada.id]
    assert (await database.call(grace.id, KEEP_MINE, key=uuid4(), fails=False)).former == str(ada.id)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await database.call(eve.id, KEEP_MINE, key=uuid4(), fails=True)
    assert (await database.call(grace.id, KEEP_MINE, key=uuid4(), fails=False)).former == str(ada.id)
    assert await kept_by(admin) == [grace.id] * 2


async def test_a_call_of_nobody_has_nobodys_rights(database, whole, people):
    ada = await people.person()
    await seen_by(database, ada.id)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await database.call(None, KEEP_MINE, key=uuid4(), fails=False)


async def test_what_is_called_takes_who_asks_first():
    with pytest.raises(ValueError, match="who asks"):
        Call(func.app.keep(param("key", Uuid()), param("viewer", Uuid())), ("former",), Record)
