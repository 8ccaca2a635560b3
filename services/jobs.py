"""What is done in the background: jobs by name, each safe to run twice, and when they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    TableClause,
    column,
    delete,
    func,
    literal,
    or_,
    select,
    table,
    tuple_,
)

from kit.clock import now
from kit.db import Database
from kit.queue import Job, JobFunction
from kit.settings import Rate, Settings
from kit.statements import Record, Statement, param
from models.events import EventRecord
from models.identity import IdempotencyKey, RateBucket, RefreshToken, UserSession

log = structlog.get_logger()

BATCH = 5_000
"""Rows a transaction: locks are short, and a worker that is killed has lost one batch."""

BEFORE = param("before", DateTime(timezone=True))


@dataclass(frozen=True)
class CleanUp:
    """Deletes rows once they are older than `age`, whenever `cron` says."""

    statement: Statement[Record]
    age: timedelta
    cron: str


@dataclass(frozen=True)
class Work:
    """All that a worker does; `schedules` are cron expressions of the jobs that the clock asks for."""

    jobs: Mapping[str, JobFunction]
    schedules: Mapping[str, str]


def work(database: Database, settings: Settings) -> Work:
    """The work there is. `database` is opened as the worker's role."""
    wanted = clean_ups(settings)
    return Work(
        jobs={name: _job(database, clean_up) for name, clean_up in wanted.items()},
        schedules={name: clean_up.cron for name, clean_up in wanted.items()},
    )


def clean_ups(settings: Settings) -> dict[str, CleanUp]:
    """What is kept for a while only, by job name."""
    slowest = max(rate.per_seconds for _name, rate in settings if isinstance(rate, Rate))
    kept_sessions = timedelta(days=settings.revoked_session_days)
    return {
        "clean_events": CleanUp(OLD_EVENTS, timedelta(days=settings.event_retention_days), "*/10 * * * *"),
        # A bucket that was left alone for so long is full, and a full bucket is as good as none.
        "clean_rate_buckets": CleanUp(OLD_BUCKETS, timedelta(seconds=slowest), "5 * * * *"),
        "clean_idempotency_keys": CleanUp(OLD_KEYS, timedelta(days=7), "15 * * * *"),
        "clean_sessions": CleanUp(OLD_SESSIONS, kept_sessions, "25 * * * *"),
        "clean_refresh_tokens": CleanUp(OLD_TOKENS, timedelta(days=1), "35 * * * *"),
        "clean_job_log": CleanUp(OLD_JOB_LOG, timedelta(days=7), "45 * * * *"),
    }


def _job(database: Database, clean_up: CleanUp) -> JobFunction:
    async def run(job: Job) -> None:
        before, total, deleted = now() - clean_up.age, 0, BATCH
        while deleted == BATCH:
            async with database.write(None) as transaction:
                row = await transaction.fetchrow(clean_up.statement, before=before, most=BATCH)
            deleted = row.deleted if row else 0
            total += deleted
        log.info("cleaned_up", job=job.name, rows=total)

    return run


def _deletion(rows: TableClause, key: list[str], age: str, is_old: ColumnElement[bool]) -> Statement[Record]:
    """Deletes at most `most` rows that are old, the oldest first by column `age`, and counts them.

    The condition stands twice: a row that was touched meanwhile is judged as it is now.
    """
    columns: list[Any] = [rows.c[name] for name in key]
    oldest = (
        select(*columns)
        .where(is_old)
        .order_by(rows.c[age])
        .limit(param("most", Integer()))
        .with_for_update(skip_locked=True)
        .cte("oldest")
        .prefix_with("MATERIALIZED")  # a sub-select may be run again for each row, and its limit is none then
    )
    deletion = delete(rows).where(tuple_(*columns).in_(select(oldest)), is_old)
    gone = deletion.returning(literal(1).label("one")).cte("gone")
    return Statement(select(func.count().label("deleted")).select_from(gone), Record)


def _table(of: Any) -> TableClause:
    rows: TableClause = of.__table__
    return rows


EVENTS, BUCKETS, KEYS = _table(EventRecord), _table(RateBucket), _table(IdempotencyKey)
SESSIONS, TOKENS = _table(UserSession), _table(RefreshToken)
JOBS = table("pgqueuer", column("id", BigInteger))
JOB_LOG = table(
    "pgqueuer_log",
    column("id", BigInteger),
    column("job_id", BigInteger),
    column("created", DateTime(timezone=True)),
)

OLD_EVENTS = _deletion(EVENTS, ["topic", "seq"], "created_at", EVENTS.c.created_at < BEFORE)
OLD_BUCKETS = _deletion(BUCKETS, ["operation", "key"], "updated_at", BUCKETS.c.updated_at < BEFORE)
OLD_KEYS = _deletion(KEYS, ["user_id", "operation", "client_key"], "created_at", KEYS.c.created_at < BEFORE)
OLD_SESSIONS = _deletion(
    SESSIONS, ["id"], "created_at", or_(SESSIONS.c.revoked_at < BEFORE, SESSIONS.c.expires_at < BEFORE)
)
OLD_TOKENS = _deletion(TOKENS, ["token_hash"], "expires_at", TOKENS.c.expires_at < BEFORE)
OLD_JOB_LOG = _deletion(
    JOB_LOG,
    ["id"],
    "created",
    # What became of a job that is still in the queue, above all of a held one, is why it is there.
    (JOB_LOG.c.created < BEFORE) & JOB_LOG.c.job_id.not_in(select(JOBS.c.id)),
)
