"""What is the same for all is run once; what is left open is filled in as each would have been told alone."""

import asyncio

import pytest
import strawberry
from aiodataloader import DataLoader
from graphql import ExecutionResult

from executor.encoding import encode
from executor.engine import Engine
from executor.holes import Template

RAN = []


class Loaders:
    def __init__(self):
        self.asked = []
        self.mark_by_viewer = Marks(self.asked)


class Marks(DataLoader):
    def __init__(self, asked):
        super().__init__()
        self.asked = asked

    async def batch_load_fn(self, keys):
        self.asked.append(list(keys))
        return [f"{viewer}:{number}" for viewer, number in keys]


class Context:
    def __init__(self, viewer, loaders=None):
        self.viewer = viewer
        self.loaders = loaders or Loaders()


@strawberry.type
class Mark:
    text: str
    viewer_owns: bool = False


@strawberry.interface
class Item:
    number: int

    @strawberry.field
    def title(self) -> str:
        RAN.append(self.number)
        return f"Item {self.number}"

    @strawberry.field
    async def viewer_mark(self, info: strawberry.Info) -> Mark | None:
        loaded = await info.context.loaders.mark_by_viewer.load((info.context.viewer, self.number))
        return None if self.number % 3 == 0 else Mark(text=loaded, viewer_owns=info.context.viewer == "ann")

    @strawberry.field
    def viewer_text(self, info: strawberry.Info) -> str:
        if info.context.viewer == "bad" and self.number == 2:
            raise ValueError("not for them")
        return "\x00 & " + info.context.viewer


@strawberry.type
class Odd(Item):
    @classmethod
    def is_type_of(cls, value, _info):
        return value.number % 2 == 1


@strawberry.type
class Even(Item):
    half: int = 0

    @classmethod
    def is_type_of(cls, value, _info):
        return value.number % 2 == 0


@strawberry.type
class Batch:
    name: str
    items: list[Item]
    lists: list[list[Item]]
    viewer_name: str | None = None


@strawberry.type
class Query:
    number: int


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def batches(self) -> "AsyncGenerator[Batch, None]":
        yield BATCH


from collections.abc import AsyncGenerator  # noqa: E402 - strawberry reads the annotation late


def item(number):
    return Odd(number=number) if number % 2 else Even(number=number, half=number // 2)


BATCH = Batch(
    name="\x00 one",
    items=[item(n) for n in range(1, 6)],
    lists=[[item(1)], [], [item(2), item(3)]],
    viewer_name="v",
)
ENGINE = Engine(strawberry.Schema(Query, subscription=Subscription, types=[Odd, Even]))
DOCUMENT = """subscription { batches { name viewerName again: viewerName
  items { __typename number title viewerText ... on Odd { mark: viewerMark { text viewerOwns } } }
  lists { number ... on Even { half viewerMark { text } viewerText } } } }"""
PLAIN = "subscription { batches { name items { title } } }"


def written(result: ExecutionResult) -> bytes:
    errors = sorted((str(error.path), error.message) for error in result.errors or ())
    return encode({"data": result.data, "errors": errors})


def is_personal(name):
    return name.startswith("viewer")


async def shared(document):
    context = Context("first")
    plan = ENGINE.prepare(document).shared(is_personal)
    return context, await plan.run(context, BATCH, written)


async def alone(viewer):
    return written(await ENGINE.prepare(DOCUMENT).run(Context(viewer), BATCH))


async def test_each_is_told_what_they_would_be_told_alone():
    context, event = await shared(DOCUMENT)
    for viewer in ("ann", "ben", "first"):
        assert await event.told(Context(viewer, context.loaders)) == await alone(viewer)


async def test_what_is_the_same_for_all_runs_once_and_the_loads_of_all_go_out_together():
    RAN.clear()
    context, event = await shared(DOCUMENT)
    ran = len(RAN)
    viewers = [f"viewer {number}" for number in range(50)]
    told = await asyncio.gather(*(event.told(Context(viewer, context.loaders)) for viewer in viewers))
    assert len(set(told)) == 50
    assert len(RAN) == ran == 5
    assert len(context.loaders.asked) == 1
    assert len(context.loaders.asked[0]) == 50 * 4  # items 1, 3 and 5, and number 2 in a list


async def test_equal_answers_are_the_same_bytes():
    context, event = await shared(DOCUMENT)
    first, second = [await event.told(Context("ann", context.loaders)) for _ in range(2)]
    assert first is second


async def test_an_event_without_open_fields_is_alike_for_all():
    _, event = await shared(PLAIN)
    assert event.is_alike
    assert await event.told(Context("ann")) is event.text


async def test_who_cannot_be_told_their_part_has_to_be_run_alone():
    context, event = await shared(DOCUMENT)
    assert await event.told(Context("bad", context.loaders)) is None
    assert b"not for them" in await alone("bad")
    assert await event.told(Context("ann", context.loaders)) == await alone("ann")


async def test_plans_with_and_without_holes_are_kept_apart():
    prepared = ENGINE.prepare(DOCUMENT)
    await prepared.shared(is_personal).run(Context("ann"), BATCH, written)
    assert b'"viewerText":"' in written(await prepared.run(Context("ann"), BATCH))


@pytest.mark.parametrize(("variables", "same"), [({"from": 2, "with": True}, True), ({"with": False}, False)])
def test_how_a_stream_was_opened_is_no_part_of_its_shape(variables, same):
    @strawberry.type
    class Opened:
        @strawberry.subscription
        async def batches(self, after: int | None = None) -> AsyncGenerator[Batch, None]:
            yield BATCH

    engine = Engine(strawberry.Schema(Query, subscription=Opened, types=[Odd, Even]))
    document = """subscription($from: Int, $with: Boolean = true) { batches(after: $from) {
      name @include(if: $with) } }"""
    shape = engine.prepare(document, None, {"from": 1}).shape()
    assert (engine.prepare(document, None, variables).shape() == shape) is same


def test_a_template_keeps_what_looks_like_a_hole_in_a_text():
    template = Template(encode({"a": "\x000\x00", "b": 1}))
    assert template.filled([]) == b'{"a":"\\u00000\\u0000","b":1}'
