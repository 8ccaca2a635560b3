import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from gateway.migrations import role_dsn
from kit.bus import LocalBus
from kit.db import Database
from kit.queue import WAKE, FatalError, Job, Queue, SupersededError, settle
from kit.worker import Patience, Worker
from models.access import GATEWAY, WORKER
from tests.queueing import logged, prepare_effects, running, statuses, until

QUICK = Patience(attempts=3, first_delay=0.01, poll=0.05, grace=20)


class Jobs:
    """Jobs that are asked for and done in one test database."""

    def __init__(self, url: str, admin: asyncpg.Connection) -> None:
        self.worker_dsn = role_dsn(url, WORKER, None)
        self.admin = admin
        self.runs: list[Job] = []
        self.queue = Queue()

    async def ask(self, name: str = "work", **options: Any) -> int | None:
        return await self.queue.enqueue(self.admin, name, {"id": 7}, **options)

    def worker(self, *outcomes: Callable[[Job], Coroutine[Any, Any, None]], **options: Any) -> Worker:
        """A worker whose runs of `work` end like `outcomes`, one after another, and then well."""
        left = list(outcomes)

        async def work(job: Job) -> None:
            self.runs.append(job)
            if left:
                await left.pop(0)(job)

        return Worker(self.worker_dsn, {"work": work}, **{"patience": QUICK, **options})

    async def is_over(self) -> bool:
        return await statuses(self.admin) == []


@pytest.fixture
async def jobs(database_url: str, admin: asyncpg.Connection) -> Jobs:
    await prepare_effects(admin)
    return Jobs(database_url, admin)


def fail(error: BaseException) -> Callable[[Job], Coroutine[Any, Any, None]]:
    async def failing(_job: Job) -> None:
        raise error

    return failing


async def test_a_job_is_done_once_and_leaves_the_queue(jobs: Jobs) -> None:
    number = await jobs.ask()
    async with running(jobs.worker()):
        await until(jobs.is_over)
    (run,) = jobs.runs
    assert (run.id, run.name, run.payload, run.attempt) == (number, "work", {"id": 7}, 1)
    assert await logged(jobs.admin) == ["queued", "picked", "successful"]


async def test_a_rolled_back_transaction_leaves_no_job(jobs: Jobs) -> None:
    transaction = jobs.admin.transaction()
    await transaction.start()
    assert await jobs.ask() is not None
    await transaction.rollback()
    assert (await statuses(jobs.admin), await logged(jobs.admin)) == ([], [])


async def test_the_gateway_asks_for_jobs_and_sees_none(jobs: Jobs, database_url: str) -> None:
    database = await Database.open(role_dsn(database_url, GATEWAY, None))
    async with database.write(uuid4()) as transaction:
        assert await jobs.queue.enqueue(transaction.connection, "work", {"id": 7}) is not None
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.write(None) as transaction:
            await transaction.connection.fetch("select * from pgqueuer")
    await database.close()
    async with running(jobs.worker()):
        await until(jobs.is_over)
    assert [run.payload for run in jobs.runs] == [{"id": 7}]


async def test_of_jobs_with_one_key_one_waits_at_a_time(jobs: Jobs) -> None:
    async with jobs.admin.transaction():
        assert await jobs.ask(dedupe_key="k") is not None
        assert await jobs.ask(dedupe_key="k") is None
        assert await jobs.ask(dedupe_key="other") is not None
    async with running(jobs.worker()):
        await until(jobs.is_over)
    assert len(jobs.runs) == 2
    assert await jobs.ask(dedupe_key="k") is not None


async def test_a_delayed_job_is_not_taken_before_its_time(jobs: Jobs) -> None:
    await jobs.ask(delay=timedelta(hours=1))
    await jobs.ask()
    async with running(jobs.worker()):
        await until(lambda: jobs.runs)
    assert await statuses(jobs.admin) == ["queued"]
    assert await jobs.admin.fetchval("select execute_after - created from pgqueuer") == timedelta(hours=1)


async def test_a_job_of_another_version_waits_for_its_worker(jobs: Jobs) -> None:
    await jobs.ask("of tomorrow")
    await jobs.ask()
    async with running(jobs.worker()):
        await until(lambda: jobs.runs)
    assert await statuses(jobs.admin) == ["queued"]


async def test_a_job_that_fails_is_run_again(jobs: Jobs) -> None:
    await jobs.ask()
    async with running(jobs.worker(fail(ValueError("no")), fail(OSError("still no")))):
        await until(jobs.is_over)
    assert [run.attempt for run in jobs.runs] == [1, 2, 3]
    assert await logged(jobs.admin) == [
        *("queued", "picked") * 3,
        "successful",
    ]
    assert [run.fence for run in jobs.runs] == sorted({run.fence for run in jobs.runs})


async def test_a_job_that_always_fails_is_held_with_its_reason_and_told_once(jobs: Jobs) -> None:
    await jobs.ask()
    with capture_logs() as logs:
        async with running(jobs.worker(*[fail(ValueError("the reason"))] * 9)):
            await until(lambda: is_held(jobs))
    assert len(jobs.runs) == 3
    assert [entry["event"] for entry in logs] == ["job_failed", "job_failed", "job_held"]
    reason = await jobs.admin.fetchrow(
        "select traceback::json->>'exception_type', traceback::json->>'exception_message'"
        " from pgqueuer_log where status = 'failed'"
    )
    assert tuple(reason or ()) == ("ValueError", "the reason")


async def is_held(jobs: Jobs) -> bool:
    return await statuses(jobs.admin) == ["failed"]


async def test_a_fatal_failure_is_not_tried_again(jobs: Jobs) -> None:
    await jobs.ask()
    async with running(jobs.worker(fail(FatalError("never")))):
        await until(lambda: is_held(jobs))
    assert len(jobs.runs) == 1


async def test_a_job_whose_own_task_was_cancelled_is_not_lost(jobs: Jobs) -> None:
    await jobs.ask()
    async with running(jobs.worker(fail(asyncio.CancelledError()))):
        await until(jobs.is_over)
    assert [run.attempt for run in jobs.runs] == [1, 2]


async def test_a_job_that_ends_its_workers_is_held(jobs: Jobs) -> None:
    number = await jobs.ask()
    await jobs.admin.execute(
        "insert into pgqueuer_log (job_id, status, priority, entrypoint)"
        " select $1, 'picked', 0, 'work' from generate_series(1, 5)",
        number,
    )
    async with running(jobs.worker()):
        await until(lambda: is_held(jobs))
    assert jobs.runs == []


async def test_the_bus_wakes_a_worker_that_would_look_much_later(jobs: Jobs) -> None:
    bus = LocalBus()
    patience = Patience(poll=600)
    async with running(jobs.worker(bus=bus, patience=patience)):
        for count in range(1, 4):
            await jobs.ask()
            await bus.publish([WAKE] * 100)
            await until(jobs.is_over)
            assert len(jobs.runs) == count
    assert bus._receivers == {}


async def test_a_stopped_worker_finishes_what_it_does_and_takes_no_more(jobs: Jobs) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def slow(_job: Job) -> None:
        started.set()
        await go.wait()

    await jobs.ask()
    worker = jobs.worker(slow)
    working = asyncio.create_task(worker.run())
    await started.wait()
    worker.stop()
    await jobs.ask()
    await asyncio.sleep(0.2)
    assert not working.done()
    go.set()
    await working
    assert await statuses(jobs.admin) == ["queued"]
    assert await logged(jobs.admin) == ["queued", "picked", "queued", "successful"]


async def test_cancelling_a_worker_is_stopping_it(jobs: Jobs) -> None:
    started = asyncio.Event()

    async def slow(_job: Job) -> None:
        started.set()
        await asyncio.sleep(0.3)

    await jobs.ask()
    working = asyncio.create_task(jobs.worker(slow).run())
    await started.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert len(jobs.runs) == 1
    assert await logged(jobs.admin) == ["queued", "picked", "successful"]


async def test_past_its_grace_a_worker_ends_hard_and_the_job_stays_for_others(jobs: Jobs) -> None:
    started, dead, go = asyncio.Event(), asyncio.Event(), asyncio.Event()
    codes: list[int] = []

    def die(code: int) -> None:
        codes.append(code)
        dead.set()

    async def endless(_job: Job) -> None:
        started.set()
        await go.wait()

    await jobs.ask()
    worker = jobs.worker(endless, patience=Patience(poll=0.05, grace=0.1), die=die)
    working = asyncio.create_task(worker.run())
    await started.wait()
    worker.stop()
    await asyncio.wait_for(dead.wait(), 30)
    assert (codes, await statuses(jobs.admin)) == ([1], ["picked"])
    go.set()
    await working


async def test_a_job_of_a_silent_worker_is_taken_by_another(jobs: Jobs) -> None:
    await jobs.ask()
    await jobs.admin.execute(
        "update pgqueuer set status = 'picked', queue_manager_id = $1, heartbeat = now() - interval '5 s'",
        uuid4(),
    )
    async with running(jobs.worker()):
        await until(jobs.is_over)
    assert len(jobs.runs) == 1


async def test_a_worker_outlives_its_connection_and_the_job_its_outage(jobs: Jobs, database_url: str) -> None:
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'worker'"

    async def cut_off(_job: Job) -> None:
        for _ in range(5):
            await knife.execute(cut + " and datname = current_database()")
            await asyncio.sleep(0.05)

    knife = await asyncpg.connect(database_url)
    await jobs.ask()
    async with running(jobs.worker(cut_off)):
        await until(jobs.is_over)
        await jobs.ask()
        await until(lambda: len(jobs.runs) == 2)
        await until(jobs.is_over)
    await knife.close()
    assert (await logged(jobs.admin)).count("successful") == 2


async def taken_over(jobs: Jobs) -> None:
    """As another worker does that heard nothing of the first."""
    await jobs.admin.execute(
        "update pgqueuer set queue_manager_id = $1, updated = now(), heartbeat = now() + interval '1 h'",
        uuid4(),
    )


@pytest.mark.parametrize("error", [None, ValueError("no"), FatalError("no"), SupersededError("no")])
async def test_a_run_whose_job_was_taken_over_changes_nothing_of_it(
    jobs: Jobs, error: Exception | None
) -> None:
    ended = asyncio.Event()

    async def overtaken(_job: Job) -> None:
        await taken_over(jobs)
        ended.set()
        if error is not None:
            raise error

    await jobs.ask()
    async with running(jobs.worker(overtaken)):
        await ended.wait()
    assert await statuses(jobs.admin) == ["picked"]
    assert await logged(jobs.admin) == ["queued", "picked"]
    assert await jobs.admin.fetchval("select attempts from pgqueuer") == 0


async def test_an_effect_settled_with_its_job_is_there_once_however_the_run_ends(jobs: Jobs) -> None:
    async def effect(job: Job) -> None:
        connection = await asyncpg.connect(jobs.worker_dsn)
        try:
            async with connection.transaction():
                await connection.execute("insert into effects values ($1, 'done')", job.id)
                await settle(connection, job)
        finally:
            await connection.close()
        raise OSError("killed right after the commit")

    await jobs.ask()
    async with running(jobs.worker(effect)):
        await until(jobs.is_over)
    assert await jobs.admin.fetchval("select count(*) from effects") == 1
    assert await logged(jobs.admin) == ["queued", "picked", "successful"]


async def test_a_run_whose_job_was_taken_over_cannot_settle_it(jobs: Jobs) -> None:
    refused: list[SupersededError] = []

    async def overtaken(job: Job) -> None:
        await taken_over(jobs)
        connection = await asyncpg.connect(jobs.worker_dsn)
        try:
            async with connection.transaction():
                await connection.execute("insert into effects values ($1, 'done')", job.id)
                await settle(connection, job)
        except SupersededError as error:
            refused.append(error)
            raise
        finally:
            await connection.close()

    await jobs.ask()
    async with running(jobs.worker(overtaken)):
        await until(lambda: refused)
    assert await jobs.admin.fetchval("select count(*) from effects") == 0
    assert await statuses(jobs.admin) == ["picked"]


async def test_a_scheduled_job_runs_once_at_a_time_and_makes_room_for_itself_when_held(jobs: Jobs) -> None:
    at_once, most = 0, 0

    async def failing(_job: Job) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.1)
        at_once -= 1
        raise FatalError("no")

    workers = [jobs.worker(*[failing] * 100, schedules={"work": "* * * * * *"}) for _ in range(3)]
    async with running(*workers):
        await until(lambda: len(jobs.runs) >= 3)
    assert (at_once, most) == (0, 1)
    assert len({run.id for run in jobs.runs}) == len(jobs.runs)
    assert len(await statuses(jobs.admin)) == 1


async def test_a_worker_without_its_tables_says_so(jobs: Jobs) -> None:
    await jobs.admin.execute("drop table pgqueuer cascade")
    with pytest.raises(RuntimeError, match="pgqueuer"):
        await jobs.worker(schedules={"work": "* * * * *"}).run()
