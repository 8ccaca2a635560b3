"""The library that works on the queue's tables finds them as it would have made them."""

import asyncpg
from pgqueuer import AsyncpgDriver, Queries, QueueManager

from gateway.migrations import role_dsn
from models.access import WORKER


async def test_nothing_but_the_trigger_that_notifies_is_missing(admin: asyncpg.Connection) -> None:
    plan = await Queries(AsyncpgDriver(admin)).plan_upgrade()
    assert [statement.split("(")[0].split("\n")[0] for statement in plan.statements] == [
        "CREATE FUNCTION fn_pgqueuer_changed",
        "CREATE TRIGGER tg_pgqueuer_changed",
    ]
    assert plan.notes == ()


async def test_a_worker_accepts_the_tables(database_url: str) -> None:
    worker = await asyncpg.connect(role_dsn(database_url, WORKER, None))
    await QueueManager(Queries(AsyncpgDriver(worker))).verify_structure()
    await worker.close()
