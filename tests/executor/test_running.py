"""What a run leaves behind: nothing."""

import asyncio
import gc
import random
from itertools import islice

import pytest
import strawberry
from graphql import parse

from executor.compiler import compile_plan
from executor.operation import operation_of
from tests.executor.generating import Generator
from tests.executor.nasty import Context, nasty_schema
from tests.executor.test_differential import POOLS

SCHEMA = nasty_schema()


def planned(made):
    document = parse(made.document)
    variables = operation_of(SCHEMA._schema, document, None).variables(made.variables)
    return compile_plan(SCHEMA, document, None, variables.coerced), variables


async def test_a_run_awaits_all_that_it_started():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    generator = Generator(SCHEMA._schema, random.Random(1), POOLS)
    for made in islice(generator.operations(), 300):
        plan, variables = planned(made)
        await plan.run(Context(), None, variables)
        assert asyncio.all_tasks() == {asyncio.current_task()}
    gc.collect()
    assert told == []


async def test_a_cancelled_run_cancels_what_it_started():
    source = random.Random(2)
    generator = Generator(SCHEMA._schema, source, POOLS)
    cancelled = 0
    for made in islice(generator.operations(), 300):
        plan, variables = planned(made)
        task = asyncio.create_task(plan.run(Context(), None, variables))
        for _ in range(source.randrange(6)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        cancelled += task.cancelled()
        for _ in range(4):  # loads of ordinary resolvers are aiodataloader's own, and end by themselves
            await asyncio.sleep(0.0005)
        assert asyncio.all_tasks() == {asyncio.current_task()}
    gc.collect()
    assert cancelled > 100


async def test_a_resolver_of_a_cancelled_run_is_cancelled_where_it_waits():
    seen = []

    @strawberry.type
    class Query:
        @strawberry.field
        async def slow(self) -> int:
            seen.append("begin")
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise
            return 1

    schema = strawberry.Schema(Query)
    document = parse("{ a: slow b: slow }")
    plan = compile_plan(schema, document, None, {})
    task = asyncio.create_task(plan.run(None, None, plan.operation.variables({})))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["begin", "begin", "cancelled", "cancelled"]


async def test_what_takes_its_parent_away_does_not_disturb_who_waits_for_the_same_load():
    document = (
        "{ things(count: 40) { owner { number } holeyChildren { sureOwner { friend { number } } boom } } }"
    )
    plan = compile_plan(SCHEMA, parse(document), None, {})
    result = await plan.run(Context(), None, plan.operation.variables({}))
    assert len(result.data["things"]) == 40
