"""A worker for tests that kill it: its jobs write down what they do, and wait for a word in a table."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from kit.queue import Job, settle
from kit.worker import Patience, Worker, work_until_told


@asynccontextmanager
async def connected() -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(sys.argv[1])
    try:
        yield connection
    finally:
        await connection.close()


async def note(connection: asyncpg.Connection, job: Job, what: str) -> None:
    await connection.execute("insert into effects values ($1, $2)", job.id, what)


async def wait_for_word(connection: asyncpg.Connection) -> None:
    while not await connection.fetchval("select exists (select from effects where what = 'go')"):  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def waits(job: Job) -> None:
    """Has its effect once it is told to go on."""
    async with connected() as connection:
        await note(connection, job, "begun")
        await wait_for_word(connection)
        async with connection.transaction():
            await note(connection, job, "done")
            await settle(connection, job)


async def lingers(job: Job) -> None:
    """Has its effect, and does not return."""
    async with connected() as connection:
        async with connection.transaction():
            await note(connection, job, "done")
            await settle(connection, job)
        await wait_for_word(connection)


async def fails_first(job: Job) -> None:
    """Fails halfway through its first run."""
    async with connected() as connection, connection.transaction():
        await note(connection, job, "done")
        await settle(connection, job)
        if job.attempt == 1:
            raise OSError("the first time")


async def always_fails(job: Job) -> None:
    """Leaves a trace of each run."""
    async with connected() as connection:
        await note(connection, job, "begun")
    raise ValueError(f"number {job.attempt}")


async def main() -> None:
    jobs = {job.__name__: job for job in (waits, lingers, fails_first, always_fails)}
    patience = Patience(attempts=3, first_delay=0.1, grace=float(sys.argv[2]))
    await work_until_told(Worker(sys.argv[1], jobs, patience=patience))


asyncio.run(main())
