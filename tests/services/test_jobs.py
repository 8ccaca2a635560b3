"""What is kept for a while is deleted after it, and nothing else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway.migrations import role_dsn
from kit.clock import now
from kit.db import Database
from kit.queue import Job
from kit.settings import Rate, Settings
from models.access import WORKER
from services import jobs
from services.jobs import Work, clean_ups, work
from tests.factories.identity import People


@pytest.fixture
async def wanted(database_url: str, settings: Settings) -> AsyncIterator[Work]:
    database = await Database.open(role_dsn(database_url, WORKER, None), size=2)
    yield work(database, settings)
    await database.close()


async def run(wanted: Work, name: str) -> None:
    await wanted.jobs[name](Job(1, name, {}, 1, uuid4(), now()))


async def add_events(admin: asyncpg.Connection, topic: str, first: int, last: int, days: float) -> None:
    await admin.execute(
        "insert into events (topic, seq, kind, payload, created_at)"
        " select $1, seq, 'happened', '{}', now() - $4::interval from generate_series($2::int, $3::int) seq",
        topic,
        first,
        last,
        timedelta(days=days),
    )


async def test_events_older_than_a_week_go_batch_by_batch(
    wanted: Work, admin: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 100)
    await add_events(admin, "a", 1, 250, days=7.01)
    await add_events(admin, "a", 251, 253, days=6.99)
    await add_events(admin, "b", 1, 70, days=30)
    await admin.execute("insert into topics values ('a', 253), ('b', 70)")
    await run(wanted, "clean_events")
    assert [row[0] for row in await admin.fetch("select seq from events order by seq")] == [251, 252, 253]
    assert await admin.fetchval("select array_agg(seq order by topic) from topics") == [253, 70]


async def test_a_rate_bucket_goes_once_it_is_full_again(wanted: Work, admin: asyncpg.Connection) -> None:
    await admin.execute(
        "insert into rate_buckets (operation, key, tokens, updated_at) values"
        " ('sign_up', 'idle', 0, now() - interval '3601 s'),"
        " ('sign_up', 'busy', 0, now() - interval '3590 s')"
    )
    await run(wanted, "clean_rate_buckets")
    assert [row[0] for row in await admin.fetch("select key from rate_buckets")] == ["busy"]


def test_rate_buckets_are_kept_as_long_as_the_slowest_limit_remembers(settings: Settings) -> None:
    slow = settings.model_copy(update={"rate_sign_in": Rate(limit=1, per_seconds=900_000)})
    assert clean_ups(slow)["clean_rate_buckets"].age == timedelta(seconds=900_000)


async def test_first_answers_are_kept_for_a_week(
    wanted: Work, admin: asyncpg.Connection, people: People
) -> None:
    person = await people.person()
    await admin.execute(
        "insert into idempotency_keys (user_id, operation, client_key, input_hash, result, created_at)"
        " select $1, 'op', gen_random_uuid(), '', '{}', now() - days * interval '1 day'"
        " from unnest(array[0, 6.99, 7.01, 80]) days",
        person.id,
    )
    await run(wanted, "clean_idempotency_keys")
    assert await admin.fetchval("select count(*) from idempotency_keys") == 2


async def add_session(
    admin: asyncpg.Connection, people: People, *, revoked: float | None = None, expires: float = 1
) -> UUID:
    """A session with a token; days from now."""
    person = await people.person()
    expires_at = now() + timedelta(days=expires)
    session: UUID = await admin.fetchval(
        "insert into user_sessions (user_id, revoked_at, expires_at) values ($1, $2, $3) returning id",
        person.id,
        None if revoked is None else now() + timedelta(days=revoked),
        expires_at,
    )
    await admin.execute(
        "insert into refresh_tokens (token_hash, session_id, expires_at) values ($1, $2, $3)",
        session.bytes,
        session,
        expires_at,
    )
    return session


async def test_sessions_and_their_tokens_go_a_month_after_their_end(
    wanted: Work, admin: asyncpg.Connection, people: People
) -> None:
    kept = {
        await add_session(admin, people),
        await add_session(admin, people, revoked=-29),
        await add_session(admin, people, expires=-29),
    }
    await add_session(admin, people, revoked=-31)
    await add_session(admin, people, expires=-31)
    await run(wanted, "clean_sessions")
    assert {row[0] for row in await admin.fetch("select id from user_sessions")} == kept
    assert {row[0] for row in await admin.fetch("select session_id from refresh_tokens")} == kept


async def test_refresh_tokens_go_a_day_after_they_expired(
    wanted: Work, admin: asyncpg.Connection, people: People
) -> None:
    kept = {await add_session(admin, people, expires=expires) for expires in (1, -0.9)}
    await add_session(admin, people, expires=-1.1)
    await run(wanted, "clean_refresh_tokens")
    assert {row[0] for row in await admin.fetch("select session_id from refresh_tokens")} == kept
    assert await admin.fetchval("select count(*) from user_sessions") == 3


async def test_the_log_of_jobs_is_kept_for_a_week_and_of_held_ones_as_long_as_they_are_there(
    wanted: Work, admin: asyncpg.Connection
) -> None:
    held = await admin.fetchval(
        "insert into pgqueuer (priority, status, entrypoint) values (0, 'failed', 'work') returning id"
    )
    await admin.execute(
        "insert into pgqueuer_log (job_id, status, priority, entrypoint, created)"
        " select job, 'queued', 0, 'work', now() - age from unnest(array[$1, $1 + 1]) job,"
        " unnest(array[interval '8 d', interval '6 d']) age",
        held,
    )
    await run(wanted, "clean_job_log")
    kept = await admin.fetch("select job_id from pgqueuer_log order by job_id, created")
    assert [row[0] for row in kept] == [held, held, held + 1]


def test_whatever_the_clock_asks_for_is_done(wanted: Work) -> None:
    assert set(wanted.schedules) == set(wanted.jobs)
