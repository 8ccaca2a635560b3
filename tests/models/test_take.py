"""The limiter: exact for any number who take at once, and refilled evenly."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

DAY = 86_400
"""So slow a refill that nothing comes back while a test runs."""


@pytest.fixture
async def take(connect):
    connection = await connect()

    async def take(who="ada", what="sing", most=10, per_seconds=DAY):
        return await connection.fetchval("select app.take($1, $2, $3, $4)", what, who, most, per_seconds)

    return take


@pytest.fixture
def age(admin):
    """Let time pass for all buckets."""

    async def age(**span):
        await admin.execute(
            "update rate_buckets set updated_at = updated_at - $1::interval", timedelta(**span)
        )

    return age


async def taken(take, times, **whose):
    return sum([await take(**whose) is None for _ in range(times)])


async def test_fifty_who_take_at_once_over_as_many_connections_get_ten(connect):
    connections = [await connect() for _ in range(50)]
    answers = await asyncio.gather(
        *(connection.fetchval("select app.take('sing', 'ada', 10, $1)", DAY) for connection in connections)
    )
    assert sum(answer is None for answer in answers) == 10
    assert len({answer for answer in answers if answer is not None}) == 1


async def test_everybody_and_everything_has_a_bucket_of_its_own(take):
    assert [await taken(take, 3, most=2, who=who, what=what) for who in "ab" for what in "cd"] == [2] * 4


async def test_who_is_refused_is_told_when_the_next_one_is_there(take, admin):
    assert await taken(take, 10) == 10
    refused = await take()
    tokens, since = await admin.fetchrow("select tokens, updated_at from rate_buckets")
    assert refused == since + timedelta(seconds=(1 - tokens) * DAY / 10)


async def test_being_refused_costs_nothing(take, admin):
    await taken(take, 10)
    before = await admin.fetch("select * from rate_buckets")
    assert await taken(take, 5) == 0
    assert await admin.fetch("select * from rate_buckets") == before


async def test_a_bucket_refills_evenly(take, age):
    assert await taken(take, 12) == 10
    await age(seconds=DAY * 0.3)
    assert await taken(take, 12) == 3
    await age(seconds=DAY * 0.05)
    assert await taken(take, 2) == 0
    await age(seconds=DAY * 0.05)
    assert await taken(take, 2) == 1


async def test_a_bucket_is_never_more_than_full(take, age):
    await take()
    await age(days=3_650)
    assert await taken(take, 15) == 10


async def test_a_clock_that_went_back_neither_fills_nor_empties(take, age, admin):
    await taken(take, 7)
    await age(days=-1)
    before = await admin.fetchval("select updated_at from rate_buckets")
    assert await taken(take, 5) == 3
    assert await admin.fetchval("select updated_at from rate_buckets") == before > datetime.now(UTC)


async def test_a_limit_that_was_lowered_holds_at_once(take):
    await take(most=10)
    assert await taken(take, 10, most=3) == 3


async def test_a_turn_that_is_rolled_back_was_not_taken(connect):
    connection = await connect()
    transaction = connection.transaction()
    await transaction.start()
    assert await connection.fetchval("select app.take('sing', 'ada', 1, $1)", DAY) is None
    await transaction.rollback()
    assert await connection.fetchval("select app.take('sing', 'ada', 1, $1)", DAY) is None
