"""pgqueuer without NOTIFY, on a connection that comes back, and with outcomes only of who holds the job."""

import asyncio
from datetime import timedelta
from typing import Self

import structlog
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.core.buffers import JobStatusLogBuffer
from pgqueuer.core.executors import AbstractEntrypointExecutor
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.models import Job, TableChangedEvent, TracebackRecord, utc_now
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import JOB_STATUS, Channel
from pgqueuer.ports.driver import Driver, NotifyCallback
from pgqueuer.queries import Queries
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from kit.connection import Connection, OwnConnection

log = structlog.get_logger()

CHANNEL = Channel("ch_pgqueuer")

END = """
    with ended as (
      select * from unnest($1::bigint[], $2::pgqueuer_status[], $3::jsonb[], $4::uuid[])
        as e (id, status, traceback, worker)
    ), gone as (
      delete from pgqueuer j using ended e
      where j.id = e.id and j.queue_manager_id = e.worker and j.status = 'picked' and e.status <> 'failed'
      returning j.id, j.entrypoint, j.priority
    ), held as (
      update pgqueuer j set status = 'failed', updated = now(), queue_manager_id = null from ended e
      where j.id = e.id and j.queue_manager_id = e.worker and j.status = 'picked' and e.status = 'failed'
      returning j.id, j.entrypoint, j.priority
    )
    insert into pgqueuer_log (job_id, status, entrypoint, priority, traceback)
    select d.id, e.status, d.entrypoint, d.priority, e.traceback
    from (select * from gone union all select * from held) d join ended e using (id)"""
AGAIN = """
    with again as (
      update pgqueuer
      set status = 'queued', execute_after = now() + $2, attempts = attempts + 1, updated = now(),
          queue_manager_id = null
      where id = $1 and queue_manager_id = $3 and status = 'picked'
      returning id, entrypoint, priority
    )
    insert into pgqueuer_log (job_id, status, entrypoint, priority, traceback)
    select id, 'queued', entrypoint, priority, $4::jsonb from again"""
TAKES = """
    select count(*) from pgqueuer_log
    where job_id = $1 and status = 'picked'
      and id > coalesce((select max(id) from pgqueuer_log where job_id = $1 and status = 'queued'), 0)"""


class QueueDriver(Driver):
    """A Driver on one connection of its own. Every statement of pgqueuer bears being sent twice."""

    def __init__(self, connection: OwnConnection) -> None:
        self._own = connection
        self._shutdown = asyncio.Event()
        self._callback: NotifyCallback | None = None
        self._unheard: list[str] = []
        self._is_woken = False

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        async def work(connection: Connection) -> list[dict[str, object]]:
            return [dict(row) for row in await connection.fetch(query, *args)]

        self._is_woken = False
        return await self._own.run(work)

    async def execute(self, query: str, *args: object) -> str:
        async def work(connection: Connection) -> str:
            return await connection.execute(query, *args)

        return await self._own.run(work)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:  # noqa: ARG002 - the port's
        """Nobody NOTIFYs: what is heard is what this process says."""
        self._callback = callback
        unheard, self._unheard = self._unheard, []
        for payload in unheard:
            callback(payload)

    async def notify(self, channel: str, payload: str) -> None:  # noqa: ARG002 - the port's
        self._hear(payload)

    def wake(self) -> None:
        """End the wait for jobs; a burst of these is one."""
        if self._is_woken:
            return
        self._is_woken = True
        event = TableChangedEvent(
            channel=CHANNEL,
            sent_at=utc_now(),
            type="table_changed_event",
            operation="insert",
            table="pgqueuer",
        )
        self._hear(event.model_dump_json())

    def _hear(self, payload: str) -> None:
        if self._callback is None:
            self._unheard.append(payload)
        else:
            self._callback(payload)

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """The connection is closed by whoever opened it."""


class FencedQueries(Queries):
    """Outcomes count only while the job is still this worker's.

    A worker that stood still for longer than the heartbeat finds its job with another; pgqueuer's statements,
    which look at the number alone, would then end or repeat a job that runs elsewhere.
    """

    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        # A cancelled run is no end of its job: left as it is, the job is soon given out again.
        job_status = [ended for ended in job_status if ended[1] != "canceled"]
        await self.driver.execute(
            END,
            [job.id for job, _, _ in job_status],
            [status for _, status, _ in job_status],
            [record.model_dump_json() if record else None for _, _, record in job_status],
            [job.queue_manager_id for job, _, _ in job_status],
        )

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        record = traceback_record.model_dump_json() if traceback_record else None
        await self.driver.execute(AGAIN, job.id, delay, job.queue_manager_id, record)

    async def takes(self, job: Job) -> int:
        """How often a job was taken, this time included, since it was last put into the queue."""
        (row,) = await self.driver.fetch(TAKES, job.id)
        return int(str(row["count"]))


class Manager(QueueManager):
    """Says once, and in our words, that a job is held."""

    async def log_failure(
        self,
        job: Job,
        executor: AbstractEntrypointExecutor,  # noqa: ARG002 - of pgqueuer
        exc: Exception,
        jbuff: JobStatusLogBuffer,
    ) -> None:
        log.error("job_held", job=job.id, name=job.entrypoint, attempt=job.attempts + 1, exc_info=exc)
        await jbuff.add((job, "failed", TracebackRecord.from_exception(exc, job.id)))


class FixedNames(DBSettings):
    """Names as models/pgqueuer.sql has them, whatever TRIGGER or CHANNEL mean in the environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def fenced_queries(driver: QueueDriver) -> FencedQueries:
    """Queries on the tables of models/pgqueuer.sql."""
    settings = FixedNames()
    return FencedQueries(
        driver,
        QueryBuilderEnvironment(settings),
        QueryQueueBuilder(settings),
        QuerySchedulerBuilder(settings),
    )
