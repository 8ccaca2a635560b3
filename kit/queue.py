"""Jobs: work that is asked for in one transaction and done in another, perhaps twice, by any worker."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import orjson

from kit.bus import Signal

WAKE = Signal("jobs", 0)
"""To be published after the commit that asked for a job; workers look at once instead of within a second."""

ENQUEUE = "select app.enqueue($1, $2, $3, $4) as id"
SETTLE = """
    with done as (
      delete from pgqueuer
      where id = $1 and queue_manager_id = $2 and updated = $3 and status = 'picked'
      returning id, priority, entrypoint
    )
    insert into pgqueuer_log (job_id, status, priority, entrypoint)
    select id, 'successful', priority, entrypoint from done
    returning job_id"""


class FatalError(Exception):
    """Trying again cannot help: the job is held at once."""


class SupersededError(Exception):
    """Another worker has taken the job over; this run must leave no trace."""


class Connection(Protocol):
    """What a job is written with: a connection inside the caller's transaction."""

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first column of the first row, or None."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a job."""

    id: int
    name: str
    payload: Mapping[str, Any]
    attempt: int
    """From 1; one more after each run that failed."""
    worker: UUID
    taken_at: datetime

    @property
    def fence(self) -> int:
        """A number that is higher with each run of a job: microseconds of the database's clock.

        The queue gives a job out again only once its clock is past the last time, so no two runs share one.
        Who claims a row of its own writes it there `where fence < $mine`, and from then on changes that row
        `where fence = $mine` only; where that finds nothing, SupersededError is to be raised.
        """
        return round(self.taken_at.timestamp() * 1_000_000)


JobFunction = Callable[[Job], Awaitable[None]]
"""Safe to run twice, even at once. FatalError holds it, SupersededError drops it, any other runs it again."""


class Queue:
    """Where jobs are asked for."""

    async def enqueue(
        self,
        connection: Connection,
        name: str,
        payload: Mapping[str, Any],
        *,
        delay: timedelta = timedelta(0),
        dedupe_key: str | None = None,
    ) -> int | None:
        """Ask for a job in the transaction of `connection`; publish WAKE after its commit.

        `payload` is JSON and holds ids only. Answers with the job's number; None if another with `dedupe_key`
        waits or runs.
        """
        number: int | None = await connection.fetchval(
            ENQUEUE, name, orjson.dumps(payload), delay, dedupe_key
        )
        return number


async def settle(connection: Connection, job: Job) -> None:
    """End a job in the transaction that holds its effect: both happen, once, or neither does.

    To be called by a worker. Raises SupersededError if the job was taken over meanwhile.
    """
    if await connection.fetchval(SETTLE, job.id, job.worker, job.taken_at) is None:
        raise SupersededError(f"job {job.id} was taken over")
