"""Two people share a pool while tasks are cancelled, statements fail and backends are killed."""

import asyncio
from collections import Counter
from random import Random
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Boolean, Double, Uuid, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB

from gateway.databases import role_dsn
from kit.db import Database, LeaseClosedError
from kit.statements import Call, Record, Statement, param
from models.access import GATEWAY
from models.identity import Account, IdempotencyKey

POOL = 8
TASKS = 400

MINE = Statement(select(Account.__table__.c.user_id, func.pg_sleep(param("seconds", Double()))), Record)
BROKEN = Statement(text("select 1 / 0"), Record)
KEEP = Statement(
    insert(IdempotencyKey).values(
        user_id=param("user_id", Uuid()),
        operation="stress",
        client_key=param("key", Uuid()),
        input_hash=b"",
        result=param("result", JSONB()),
    ),
    Record,
)
WHOLE = f"""
    create function app.stress(viewer uuid, key uuid, seconds float, fails boolean, out seen uuid[])
    language plpgsql as $$ begin
      perform set_config('app.viewer', coalesce(viewer::text, ''), true);
      insert into idempotency_keys (user_id, operation, client_key, input_hash, result)
      select viewer, 'stress', key, '', '{{}}' where viewer is not null;
      perform pg_sleep(seconds);
      seen := array(select a.user_id from accounts a);
      if fails then perform 1 / 0; end if;
    end $$;
    grant execute on function app.stress to {GATEWAY}"""
CALL = Call(
    func.app.stress(
        param("viewer", Uuid()), param("key", Uuid()), param("seconds", Double()), param("fails", Boolean())
    ),
    ("seen",),
    Record,
)
KILL = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'stress' and datname = current_database() and random() < 0.2"""
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
EXPECTED = (asyncio.CancelledError, asyncpg.DivisionByZeroError, LeaseClosedError, *LOST)


class Stress:
    """What its tasks saw and did."""

    def __init__(self, database, viewers, seed):
        self.database = database
        self.viewers = viewers
        self.random = Random(seed)
        self.foreign = []
        self.committed = set()
        self.refused = set()
        self.ends = Counter()

    async def round(self, admin):
        jobs = [
            self.random.choice((self.read, self.write, self.call))(self.random.choice(self.viewers))
            for _ in range(TASKS)
        ]
        tasks = [asyncio.create_task(job) for job in jobs]
        cancelling = [asyncio.create_task(self.cancel(task)) for task in tasks if self.random.random() < 0.4]
        killing = asyncio.create_task(self.kill(admin))
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if outcome is not None and not isinstance(outcome, EXPECTED):
                raise outcome
            self.ends["lost" if isinstance(outcome, LOST) else type(outcome).__name__] += 1
        killing.cancel()
        await asyncio.gather(killing, *cancelling, return_exceptions=True)

    async def read(self, viewer):
        async with self.database.read(viewer) as lease:
            await asyncio.gather(*(self.look(lease, viewer) for _ in range(self.random.randint(1, 3))))

    async def write(self, viewer):
        key = uuid4()
        async with self.database.write(viewer) as transaction:
            self.refused.add(key)
            if viewer is not None:
                await transaction.fetch(KEEP, user_id=viewer, key=key, result={})
            await self.look(transaction, viewer)
            self.refused.discard(key)
        if viewer is not None:
            self.committed.add(key)

    async def call(self, viewer):
        """Whole, with a connection that others used before and use behind it."""
        key, fails = uuid4(), self.random.random() < 0.05
        if fails:
            self.refused.add(key)
        row = await self.database.call(viewer, CALL, key=key, seconds=self.random.random() / 500, fails=fails)
        if row.seen != [viewer] * (viewer is not None):
            self.foreign.append((viewer, row))
        if viewer is not None:
            self.committed.add(key)

    async def look(self, door, viewer):
        if self.random.random() < 0.05:
            await door.fetch(BROKEN)
        rows = await door.fetch(MINE, seconds=self.random.random() / 500)
        if [row.user_id for row in rows] != [viewer] * (viewer is not None):
            self.foreign.append((viewer, rows))

    async def cancel(self, task):
        await asyncio.sleep(self.random.random() / 2)
        task.cancel()

    async def kill(self, admin):
        while True:
            await asyncio.sleep(0.05)
            await admin.execute(KILL)


@pytest.mark.parametrize("seed", range(3))
async def test_nobody_sees_anothers_rows_and_every_connection_comes_back(seed, database_url, people, admin):
    heard = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: heard.append(context))
    database = await Database.open(role_dsn(database_url, GATEWAY, None), size=POOL, application="stress")
    ada, grace = await people.person(), await people.person()
    await admin.execute(WHOLE)
    stress = Stress(database, [ada.id, grace.id, None], seed)

    for _ in range(3):
        await stress.round(admin)
    assert stress.foreign == []
    assert stress.ends.keys() >= {"NoneType", "CancelledError", "DivisionByZeroError", "lost"}

    kept = {row["client_key"] for row in await admin.fetch("select client_key from idempotency_keys")}
    assert stress.committed <= kept
    assert stress.refused & kept == set()

    leases = [database.lease(ada.id) for _ in range(POOL)]
    rows = await asyncio.wait_for(asyncio.gather(*(lease.fetch(MINE, seconds=0) for lease in leases)), 30)
    assert [[row.user_id for row in found] for found in rows] == [[ada.id]] * POOL
    for lease in leases:
        lease.close()
    await asyncio.wait_for(database.close(), 30)
    assert heard == []
