"""A worker process: takes jobs from the queue and runs them."""

from contextlib import AsyncExitStack

import structlog

from kit.bus_postgres import PostgresBus
from kit.db import Database
from kit.settings import Settings
from kit.worker import Worker, work_until_told
from services.jobs import work

log = structlog.get_logger()


async def run_worker(settings: Settings, dsn: str) -> None:
    """Do jobs until SIGTERM or Ctrl-C. `dsn` names the worker's role."""
    async with AsyncExitStack() as stack:
        database = await Database.open(dsn, size=settings.database_pool_size, application="crossfade worker")
        stack.push_async_callback(database.close)
        bus = PostgresBus(dsn)
        await bus.start()
        stack.push_async_callback(bus.close)
        wanted = work(database, settings)
        log.info("worker_started", jobs=len(wanted.jobs))
        await work_until_told(Worker(dsn, wanted.jobs, wanted.schedules, bus=bus))
    log.info("worker_stopped")
