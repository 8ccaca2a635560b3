"""Databases with a queue, and what a test wants to know of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from kit.worker import Worker
from models.access import WORKER


async def prepare_effects(admin: asyncpg.Connection) -> None:
    """A table for what jobs do."""
    await admin.execute("create table effects (job bigint, what text)")
    await admin.execute(f"grant all on effects to {WORKER}")


async def until(is_so: Callable[[], Any]) -> None:
    """Wait for something, at most half a minute. `is_so` may be a coroutine function."""
    async with asyncio.timeout(30):
        while True:
            answer = is_so()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*workers: Worker) -> AsyncIterator[None]:
    """Workers that work while the block runs, and have ended when it is left."""
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        await asyncio.gather(*tasks)


async def statuses(admin: asyncpg.Connection) -> list[str]:
    """Of the jobs in the queue."""
    return [row[0] for row in await admin.fetch("select status::text from pgqueuer order by id")]


async def logged(admin: asyncpg.Connection) -> list[str]:
    """What became of jobs, in order."""
    return [row[0] for row in await admin.fetch("select status::text from pgqueuer_log order by id")]
