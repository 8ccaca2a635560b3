"""Declared relations: one batch a level, through the loader that ordinary resolvers use."""

import asyncio
import gc
from typing import Any

import pytest
import strawberry
from aiodataloader import DataLoader
from graphql import parse

from executor.compiler import compile_plan
from executor.declare import METADATA_KEY, Relation
from executor.operation import operation_of
from tests.executor.nasty import Sometimes


class Squares(DataLoader):
    def __init__(self, **more: Any):
        super().__init__(**more)
        self.batches: list[list[int]] = []

    async def batch_load_fn(self, keys):
        self.batches.append(list(keys))
        await asyncio.sleep(0)
        return [ValueError(f"no {key}") if key == 3 else Square(number=key * key) for key in keys]


class Context:
    def __init__(self, **more: Any):
        self.loaders = self
        self.squares = Squares(**more)


def related(key, **more):
    async def resolve(parent: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        found = key(parent)
        return None if found is None else await info.context.loaders.squares.load(found)

    return strawberry.field(
        resolver=resolve,
        graphql_type=Square | None,
        metadata={METADATA_KEY: Relation("squares", key)},
        **more,
    )


@strawberry.type
class Square:
    number: int
    half = strawberry.field(resolver=lambda: 1, graphql_type=int)


@strawberry.type
class Root:
    number: int
    square = related(lambda row: row.number)
    again = related(lambda row: row.number + 1)
    never = related(lambda _row: None)
    guarded = related(lambda row: row.number, permission_classes=[Sometimes])

    @strawberry.field
    async def ordinary(self, info: strawberry.Info) -> int | None:
        found = await info.context.loaders.squares.load(self.number + 100)
        return found.number


@strawberry.type
class Query:
    @strawberry.field
    def roots(self, numbers: list[int]) -> list[Root]:
        return [Root(number=number) for number in numbers]


SCHEMA = strawberry.Schema(Query)


async def run(document, context):
    operation = operation_of(SCHEMA._schema, parse(document), None)
    plan = compile_plan(SCHEMA, parse(document), None, {})
    return await plan.run(context, None, operation.variables({}))


async def test_a_level_is_one_batch_of_its_distinct_keys():
    context = Context()
    result = await run("{ roots(numbers: [1, 4, 1]) { square { number } again { number } } }", context)
    assert result.errors is None
    assert [root["square"]["number"] for root in result.data["roots"]] == [1, 16, 1]
    assert [root["again"]["number"] for root in result.data["roots"]] == [4, 25, 4]
    assert context.squares.batches == [[1, 4, 2, 5]]


async def test_ordinary_loads_of_the_same_level_are_in_the_batch():
    context = Context()
    await run("{ roots(numbers: [1, 2]) { ordinary square { number } } }", context)
    assert len(context.squares.batches) == 1
    assert sorted(context.squares.batches[0]) == [1, 2, 101, 102]


async def test_ordinary_loads_find_what_a_column_has_read():
    context = Context()
    await run("{ roots(numbers: [5]) { square { number } } }", context)
    found = await context.squares.load(5)
    assert found.number == 25
    assert context.squares.batches == [[5]]


async def test_a_column_finds_what_ordinary_loads_have_read():
    context = Context()
    await context.squares.load(5)
    context.squares.prime(6, Square(number=-1))
    result = await run("{ roots(numbers: [5, 6]) { square { number } } }", context)
    assert [root["square"]["number"] for root in result.data["roots"]] == [25, -1]
    assert context.squares.batches == [[5]]


async def test_a_key_that_fails_fails_alone():
    context = Context()
    result = await run("{ roots(numbers: [2, 3, 4]) { square { number } } }", context)
    assert [root["square"] for root in result.data["roots"]] == [{"number": 4}, None, {"number": 16}]
    assert [(error.path, error.message) for error in result.errors] == [(["roots", 1, "square"], "no 3")]


async def test_a_key_of_none_asks_nobody():
    context = Context()
    result = await run("{ roots(numbers: [2]) { never { number } } }", context)
    assert result.data == {"roots": [{"never": None}]}
    assert context.squares.batches == []


async def test_a_permission_on_a_relation_is_asked_for_each():
    context = Context()
    result = await run("{ roots(numbers: [2, 6]) { guarded { number } } }", context)
    assert result.data == {"roots": [{"guarded": {"number": 4}}, {"guarded": None}]}
    assert [(error.path, error.message) for error in result.errors] == [(["roots", 1, "guarded"], "not you")]
    assert context.squares.batches == [[2]]


@pytest.mark.parametrize("more", [{"max_batch_size": 2}, {"cache": False}, {"batch": False}])
async def test_a_loader_with_ways_of_its_own_is_asked_key_by_key(more):
    context = Context(**more)
    result = await run("{ roots(numbers: [1, 2, 4]) { square { number } } }", context)
    assert [root["square"]["number"] for root in result.data["roots"]] == [1, 4, 16]


async def test_a_cancelled_batch_leaves_nothing_in_the_cache():
    context = Context()
    started = asyncio.Event()

    async def slow(keys):
        started.set()
        await asyncio.sleep(60)

    context.squares.batch_load_fn = slow
    task = asyncio.create_task(run("{ roots(numbers: [1, 2]) { square { number } } }", context))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert context.squares._cache == {}
    assert asyncio.all_tasks() == {asyncio.current_task()}
    gc.collect()
