"""A process that takes jobs from the queue and does them."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

import orjson
import pgqueuer
import structlog
from pgqueuer.core.sm import SchedulerManager
from pgqueuer.domain.models import Schedule as Due
from pgqueuer.errors import RetryRequested

from kit.backoff import delays
from kit.bus import Bus
from kit.connection import OwnConnection
from kit.queue import ENQUEUE, WAKE, FatalError, Job, JobFunction, SupersededError
from kit.queue_pgqueuer import CHANNEL, Manager, QueueDriver, fenced_queries

log = structlog.get_logger()

FORGET_HELD = "delete from pgqueuer where dedupe_key = $1 and status = 'failed'"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a worker puts up with what. Times are in seconds."""

    attempts: int = 8
    first_delay: float = 1.0
    most_delay: float = 300.0
    takes: int = 5
    """Runs that ended with their worker before a job is held: it may be what kills them."""
    poll: float = 1.0
    heartbeat: float = 4.0
    """A job whose worker was silent for so long is given to another."""
    grace: float = 25.0
    """For running jobs after a stop; then the process ends hard, and others take the jobs."""


class Worker:
    """Runs `jobs` by name, until it is stopped; those with a schedule are also asked for by the clock.

    `schedules`: job name to cron expression (a sixth field is seconds). However many workers there are, it is
    asked for once, and not while it waits or runs. `die` ends the process when patience after a stop is over.
    """

    def __init__(
        self,
        dsn: str,
        jobs: Mapping[str, JobFunction],
        schedules: Mapping[str, str] | None = None,
        *,
        bus: Bus | None = None,
        patience: Patience | None = None,
        at_once: int = 20,
        die: Callable[[int], Any] = os._exit,
    ) -> None:
        self._connection = OwnConnection(dsn, "worker")
        self._driver = QueueDriver(self._connection)
        self._queries = fenced_queries(self._driver)
        self._jobs = jobs
        self._schedules = schedules or {}
        self._bus = bus
        self._patience = patience or Patience()
        self._at_once = at_once
        self._die = die
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take no more jobs; `run` returns when those that run have ended."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped."""
        working = asyncio.create_task(self._work())
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            # pgqueuer forgets a job whose run is cancelled, so being cancelled means being stopped.
            self.stop()
            await asyncio.wait({working})
            raise

    async def _work(self) -> None:
        undo = self._bus.subscribe(WAKE.topic, lambda _: self._driver.wake()) if self._bus else None
        parts = [asyncio.create_task(self._take_jobs())]
        if self._schedules:
            parts.append(asyncio.create_task(self._keep_schedules()))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({*parts, stopping}, return_when=asyncio.FIRST_COMPLETED)
            self.stop()  # where one part has failed, the other ends in peace
            _ended, late = await asyncio.wait(parts, timeout=self._patience.grace)
            if late:
                log.error("worker_out_of_patience", seconds=self._patience.grace)
                self._die(1)
            await asyncio.gather(*parts)
        finally:
            stopping.cancel()
            if undo:
                undo()
            await self._connection.close()

    async def _take_jobs(self) -> None:
        manager = Manager(self._queries, CHANNEL)
        manager.shutdown = self._stopping
        for name, function in self._jobs.items():
            manager.entrypoint(name, on_failure="hold", accepts_context=False)(partial(self._run, function))
        await manager.run(
            dequeue_timeout=timedelta(seconds=self._patience.poll),
            heartbeat_timeout=timedelta(seconds=self._patience.heartbeat),
            batch_size=self._at_once // 2,
            max_concurrent_tasks=self._at_once,
            log_aggregation_interval=timedelta(0),
        )

    async def _keep_schedules(self) -> None:
        scheduler = SchedulerManager(self._queries)
        scheduler.shutdown = self._stopping
        for name, cron in self._schedules.items():
            scheduler.schedule(name, cron, accepts_context=False)(self._ask)
        await scheduler.run()

    async def _ask(self, due: Due) -> None:
        """Ask for a scheduled job; one that is held from an earlier time makes room for it."""
        key = f"schedule:{due.entrypoint}"
        try:
            await self._driver.execute(FORGET_HELD, key)
            await self._driver.fetch(ENQUEUE, due.entrypoint, b"{}", timedelta(0), key)
        except Exception:
            log.exception("schedule_failed", name=due.entrypoint)
        self._driver.wake()

    async def _run(self, function: JobFunction, taken: pgqueuer.Job) -> None:
        """One run of a job. What it raises decides: RetryRequested puts it back, anything else holds it."""
        try:
            await self._check_takes(taken)
            await function(_job(taken))
        except FatalError:
            raise
        except SupersededError as error:
            raise RetryRequested(timedelta(0), str(error)) from error
        except asyncio.CancelledError:
            raise RetryRequested(timedelta(0), "cancelled") from None
        except Exception as error:
            if taken.attempts + 1 >= self._patience.attempts:
                raise
            delay = self._delay(taken.attempts)
            log.warning(
                "job_failed",
                job=taken.id,
                name=taken.entrypoint,
                attempt=taken.attempts + 1,
                again_in=delay,
                error=repr(error),
            )
            raise RetryRequested(timedelta(seconds=delay), repr(error)) from error

    async def _check_takes(self, taken: pgqueuer.Job) -> None:
        if await self._queries.takes(taken) > self._patience.takes:
            raise FatalError(f"taken {self._patience.takes} times, and each time its worker ended")

    def _delay(self, failures: int) -> float:
        waits = delays(self._patience.first_delay, self._patience.most_delay)
        return next(islice(waits, failures, None))


def _job(taken: pgqueuer.Job) -> Job:
    assert taken.queue_manager_id is not None  # noqa: S101 - it was just taken
    return Job(
        id=taken.id,
        name=taken.entrypoint,
        payload=orjson.loads(taken.payload or b"{}"),
        attempt=taken.attempts + 1,
        worker=taken.queue_manager_id,
        taken_at=taken.updated,
    )


async def work_until_told(worker: Worker) -> None:
    """Run until SIGTERM or SIGINT, and then to the end of what runs."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    try:
        await worker.run()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
