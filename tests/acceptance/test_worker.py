"""Workers are killed and stopped in the middle of jobs; each job is done in the end, and once in effect."""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from gateway.migrations import role_dsn
from kit.queue import Queue
from models.access import WORKER
from tests.queueing import logged, prepare_effects, statuses, until

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).parent / "worker_process.py"
ROOT = PROGRAM.parent.parent.parent
PRODUCT = """
import sys, uvloop
from gateway.worker import run_worker
from kit.settings import load_settings
uvloop.run(run_worker(load_settings(), sys.argv[1]))
"""


class Workers:
    """Worker processes on one test database."""

    def __init__(self, dsn: str, admin: asyncpg.Connection) -> None:
        self._dsn = dsn
        self._admin = admin
        self.processes: list[Process] = []

    async def start(self, grace: float = 30) -> Process:
        return await self.run(str(PROGRAM), self._dsn, str(grace))

    async def start_product(self) -> Process:
        return await self.run("-c", PRODUCT, self._dsn)

    async def run(self, *command: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )
        self.processes.append(process)
        return process

    async def ask(self, name: str) -> None:
        await Queue().enqueue(self._admin, name, {})

    async def tell_to_go_on(self) -> None:
        await self._admin.execute("insert into effects values (0, 'go')")

    async def count(self, what: str) -> int:
        return int(await self._admin.fetchval("select count(*) from effects where what = $1", what))

    async def has(self, what: str, times: int = 1) -> None:
        async def is_so() -> bool:
            return await self.count(what) == times

        await until(is_so)

    async def come_to(self, *wanted: str) -> None:
        """Wait until these are the states of the jobs in the queue."""

        async def is_so() -> bool:
            return await statuses(self._admin) == list(wanted)

        await until(is_so)


@pytest.fixture
async def workers(database_url: str, admin: asyncpg.Connection) -> AsyncIterator[Workers]:
    await prepare_effects(admin)
    workers = Workers(role_dsn(database_url, WORKER, None), admin)
    yield workers
    for process in workers.processes:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_job_whose_worker_is_killed_is_done_by_another_once(
    workers: Workers, admin: asyncpg.Connection
) -> None:
    killed = await workers.start()
    await workers.ask("waits")
    await workers.has("begun")
    await workers.start()
    killed.kill()
    await workers.has("begun", 2)
    await workers.tell_to_go_on()
    await workers.come_to()
    assert await workers.count("done") == 1
    assert await logged(admin) == ["queued", "picked", "picked", "successful"]


async def test_a_worker_killed_right_after_the_effect_leaves_nothing_to_be_done_again(
    workers: Workers, admin: asyncpg.Connection
) -> None:
    killed = await workers.start()
    await workers.ask("lingers")
    await workers.has("done")
    killed.kill()
    await workers.start()
    await workers.ask("fails_first")
    await workers.has("done", 2)
    assert await logged(admin) == [
        *("queued", "picked", "successful"),
        *("queued", "picked") * 2,
        "successful",
    ]


async def test_a_worker_that_stood_still_and_wakes_up_spoils_nothing(
    workers: Workers, admin: asyncpg.Connection
) -> None:
    frozen = await workers.start()
    await workers.ask("waits")
    await workers.has("begun")
    frozen.send_signal(signal.SIGSTOP)
    await workers.start()
    await workers.has("begun", 2)
    frozen.send_signal(signal.SIGCONT)
    await workers.tell_to_go_on()
    await workers.come_to()
    frozen.terminate()
    assert await frozen.wait() == 0
    assert await workers.count("done") == 1
    assert (await logged(admin)).count("successful") == 1


async def test_a_job_that_fails_halfway_is_done_in_the_end_and_once(
    workers: Workers, admin: asyncpg.Connection
) -> None:
    await workers.ask("fails_first")
    await workers.start()
    await workers.come_to()
    assert await workers.count("done") == 1
    assert await logged(admin) == [*("queued", "picked") * 2, "successful"]


async def test_a_job_that_always_fails_is_held_with_its_reason(
    workers: Workers, admin: asyncpg.Connection
) -> None:
    await workers.ask("always_fails")
    await workers.start()
    await workers.come_to("failed")
    assert await workers.count("begun") == 3
    reason = await admin.fetchval(
        "select traceback->>'exception_message' from pgqueuer_log where status = 'failed'"
    )
    assert reason == "number 3"


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_lets_the_running_job_finish_and_leaves_the_others(
    workers: Workers, admin: asyncpg.Connection, stop: signal.Signals
) -> None:
    stopped = await workers.start()
    await workers.ask("waits")
    await workers.has("begun")
    stopped.send_signal(stop)
    await asyncio.sleep(0.5)
    assert stopped.returncode is None
    await workers.ask("waits")
    await workers.tell_to_go_on()
    assert await stopped.wait() == 0
    assert (await workers.count("done"), await statuses(admin)) == (1, ["queued"])
    await workers.start()
    await workers.come_to()
    assert await workers.count("done") == 2


async def test_past_its_grace_a_stopped_worker_ends_and_its_job_is_done_by_another(
    workers: Workers, admin: asyncpg.Connection
) -> None:
    stopped = await workers.start(grace=0.2)
    await workers.ask("waits")
    await workers.has("begun")
    stopped.terminate()
    assert await stopped.wait() == 1
    assert await statuses(admin) == ["picked"]
    await workers.tell_to_go_on()
    await workers.start()
    await workers.come_to()
    assert (await workers.count("begun"), await workers.count("done")) == (2, 1)


async def test_the_worker_of_the_product_does_what_is_asked_and_stops_when_told(
    workers: Workers, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        "insert into events (topic, seq, kind, payload, created_at)"
        " values ('a', 1, 'happened', '{}', now() - interval '8 d'), ('a', 2, 'happened', '{}', now())"
    )
    await workers.ask("clean_events")
    product = await workers.start_product()
    await workers.come_to()
    assert await admin.fetchval("select array_agg(seq) from events") == [2]
    product.terminate()
    assert await product.wait() == 0
    schedules = await admin.fetch("select entrypoint from pgqueuer_schedules order by 1")
    assert [row[0] for row in schedules] == [
        "clean_events",
        "clean_idempotency_keys",
        "clean_job_log",
        "clean_rate_buckets",
        "clean_refresh_tokens",
        "clean_sessions",
    ]
