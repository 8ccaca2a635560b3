"""Thousands of operations answered by both executors; the answers are the same."""

import random

import pytest
from graphql import parse

from executor.compiler import compile_plan
from executor.operation import operation_of
from tests.executor.comparing import difference
from tests.executor.generating import Generator, Made
from tests.executor.nasty import Context, nasty_schema

# graphql-core forgets awaitables of parents that were taken away; that we do not is tested in test_running.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCHEMA = nasty_schema()
POOLS = {"Moody": ["fine"], "seed": list(range(40)), "count": [0, 1, 3, 6], "number": list(range(12))}


async def answers(made: Made, kind: str = "query"):
    ours, theirs = Context(), Context()
    document = parse(made.document)
    variables = operation_of(SCHEMA._schema, document, None).variables(made.variables)
    plan = compile_plan(SCHEMA, document, None, variables.coerced)
    planned = await plan.run(ours, None, variables)
    core = await SCHEMA.execute(made.document, made.variables, theirs)
    return ours, planned, theirs, core


@pytest.mark.parametrize("seed", range(12))
async def test_queries_are_answered_as_graphql_core_does(seed):
    source = random.Random(seed)
    generator = Generator(SCHEMA._schema, source, POOLS)
    for _, made in zip(range(150), generator.operations(), strict=False):
        _, planned, _, core = await answers(made)
        told = difference(planned, core)
        assert told is None, f"{made.document}\n{made.variables}\n{told}"


@pytest.mark.parametrize("seed", range(4))
async def test_mutations_have_their_effects_in_the_same_order(seed):
    generator = Generator(SCHEMA._schema, random.Random(seed), POOLS, width=3)
    for _, made in zip(range(75), generator.operations("mutation"), strict=False):
        ours, planned, theirs, core = await answers(made)
        assert ours.log == theirs.log
        assert difference(planned, core) is None, f"{made.document}\n{made.variables}"
