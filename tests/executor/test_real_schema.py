"""Operations over the gateway's schema: both executors answer the same, ours with no more statements."""

import asyncio
import random
from collections import Counter
from itertools import islice
from typing import Any

import pytest
from graphql import ExecutionResult

from executor.engine import Engine, Invalid
from gateway.context import Caller
from gateway.errors import presented
from kit.ids import global_id
from kit.settings import Settings
from resolvers.context import Request, Viewer
from schema.root import build_schema
from tests.documents import document, operations
from tests.executor.comparing import difference
from tests.executor.generating import Generator


class Both:
    """The schema as it is, and with plans; the same operation is asked of each."""

    def __init__(self, services, settings, statements):
        self.services = services
        self.statements = statements
        self.fallbacks = Counter()
        self.unanswered = 0
        self.plain = build_schema(settings)
        self.engine = Engine(
            self.plain,
            cached=256,
            on_fallback=lambda reason: self.fallbacks.update([reason]),
        )

    async def planned(self, text, variables, context) -> ExecutionResult:
        try:
            return await self.engine.prepare(text, None, variables).run(context)
        except Invalid as error:
            return ExecutionResult(None, error.errors)

    async def core(self, text, variables, context) -> ExecutionResult:
        return await self.plain.execute(text, variables, context)

    async def ask(self, answer, text, variables, viewer) -> tuple[Any, int]:
        if self.statements.count:
            await asyncio.sleep(0.005)  # graphql-core goes on behind the answers that it has given
        self.statements.clear()
        context = Caller(self.services, Request(address="127.0.0.1"), viewer).context()
        try:
            result = await answer(text, variables, context)
        finally:
            context.close()
        errors = presented(result.errors or (), "", is_validation=False)
        return ExecutionResult(result.data, errors or None), self.statements.count

    async def difference(self, text, variables, viewer) -> str | None:
        """What differs; asked again where something does: the process may have asked for itself meanwhile."""
        told = await self._difference(text, variables, viewer)
        return told and await self._difference(text, variables, viewer)

    async def _difference(self, text, variables, viewer) -> str | None:
        ours, sent = await self.ask(self.planned, text, variables, viewer)
        said = list(self.statements.sent)
        try:
            theirs, expected = await self.ask(self.core, text, variables, viewer)
        except asyncio.CancelledError:
            # graphql-core ended a load that others waited for (record 12): something failed, and no answer.
            self.unanswered += 1
            return None if ours.errors else f"{text}\n{variables}\nno answer, and no errors of ours"
        told = difference(ours, theirs)
        # graphql-core ends the siblings of what takes their parent away, and they ask nothing more.
        more = f"{sent} statements, not {expected}: {said}" if sent > expected and not theirs.errors else None
        return f"{text}\n{variables}\n{told or more}" if told or more else None


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A sweep in the middle of a test would be counted."""
    return settings.model_copy(update={"sweep_seconds": 60})


@pytest.fixture
async def both(services, settings, statements):
    return Both(services, settings, statements)


@pytest.fixture
async def world(people, rooms):
    """Who asks, and the values that they know of."""
    ann, bob, eve = [await people.person(name) for name in ("ann", "bob", "eve")]
    place = await rooms.room(ann, bob, name="Jazz")
    hidden = await rooms.room(eve, name="Hidden", is_private=True)
    said = [await rooms.message(place, person, text) for person, text in ((ann, "one"), (bob, "two"))]
    answer = await rooms.message(place, ann, "three", said[0])
    ids = [place.gid, hidden.gid, "nonsense", global_id("User", ann.id), global_id("User", eve.id)]
    messages = [global_id("Message", each) for each in (*said, answer)]
    pools = {
        "ID": [*ids, *messages, global_id("RoomMember", place.id, ann.id)],
        "username": ["ann", "bob", "nobody"],
        "first": [None, 1, 2, 20],
        "last": [None, 1, 5],
        "after": [None, "nonsense"],
        "before": [None],
        "DateTime": ["2026-01-01T00:00:00Z"],
        "UUID": [str(ann.id)],
        "Cursor": ["nonsense"],
    }
    return Viewer(ann.id, None), pools, place


@pytest.mark.parametrize("seed", range(3))
async def test_generated_queries_are_answered_as_graphql_core_does(both, world, seed):
    viewer, pools, _ = world
    source = random.Random(seed)
    pools = {name: [each for each in values if each is not None] for name, values in pools.items()}
    generator = Generator(both.plain._schema, source, pools, depth=5)
    for made in islice(generator.operations(), 120):
        told = await both.difference(made.document, made.variables, source.choice([viewer, viewer, None]))
        assert told is None, told
    assert both.fallbacks == {}
    assert both.unanswered <= 6


async def test_the_operations_of_an_app_do_not_fall_back(both, world):
    viewer, _, place = world
    texts = [document(name) for name in operations()]
    reads = [text for text in texts if text.startswith("query")]
    assert len(reads) >= 5
    for text in reads:
        variables = {"id": place.gid, "username": "bob", "query": "jazz", "text": "jazz", "first": 5}
        told = await both.difference(text, variables, viewer)
        assert told is None, told
    assert both.fallbacks == {}


async def test_a_room_page_costs_the_statements_that_it_cost(both, world):
    viewer, _, place = world
    ours, sent = await both.ask(both.planned, document("RoomPage"), {"id": place.gid}, viewer)
    theirs, expected = await both.ask(both.core, document("RoomPage"), {"id": place.gid}, viewer)
    assert difference(ours, theirs) is None
    assert sent == expected
