"""Single shapes: introspection, events of subscriptions, errors, fields that nothing asks twice."""

import random
import sys
from enum import StrEnum

import strawberry
from graphql import get_introspection_query, parse

from executor.compiler import compile_plan
from executor.declare import COMPUTED_KEY, Computed
from kit.statements import Record
from tests.executor.comparing import difference
from tests.executor.nasty import Context, nasty_schema, thing

SCHEMA = nasty_schema()


async def run(schema, document, *, context=None, root=None, variables=None):
    plan = compile_plan(schema, parse(document), None, variables or {})
    return await plan.run(context, root, plan.operation.variables(variables))


async def test_introspection_is_what_graphql_core_says():
    document = get_introspection_query(specified_by_url=True, input_value_deprecation=True)
    ours = await run(SCHEMA, document)
    theirs = await SCHEMA.execute(document)
    assert ours.errors is None
    assert difference(ours, theirs) is None


async def test_an_event_of_a_subscription_is_run_with_the_event_as_root():
    document = "subscription { happened(seed: 3) { number owner { name } } }"
    theirs = [each async for each in await SCHEMA.subscribe(document, context_value=Context())]
    events = [None, thing(random.Random(4)), thing(random.Random(5))]
    for event, expected in zip(events, theirs, strict=True):
        ours = await run(SCHEMA, document, context=Context(), root=event)
        assert difference(ours, expected) is None


async def test_a_null_that_is_an_errors_has_one_error():
    document = "{ thing(seed: 1) { number children { sureBoom lateBoom text tags } maybe } }"
    for seed in range(30):
        result = await run(SCHEMA, document.replace("1", str(seed)), context=Context())
        paths = [tuple(error.path) for error in result.errors or ()]
        assert len(paths) == len(set(paths))


async def test_errors_nearer_to_the_root_come_first():
    document = "{ things(count: 6) { child { boom } boom } }"
    result = await run(SCHEMA, document, context=Context())
    lengths = [len(error.path) for error in result.errors]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == 2


async def test_a_computed_leaf_is_asked_once_for_all():
    asked = []

    def names(rows):
        asked.append(len(rows))
        return [f"row {row.number}" for row in rows]

    @strawberry.type
    class Row:
        number: int
        name = strawberry.field(
            resolver=lambda: "one by one", graphql_type=str, metadata={COMPUTED_KEY: Computed(names)}
        )

    @strawberry.type
    class Query:
        @strawberry.field
        def rows(self) -> list[Row]:
            return [Row(number=number) for number in range(3)]

    schema = strawberry.Schema(Query)
    result = await run(schema, "{ rows { name } }")
    assert result.data == {"rows": [{"name": f"row {number}"} for number in range(3)]}
    assert asked == [3]


async def test_rows_of_the_driver_are_read_as_items_and_enums_as_plain_text(admin):
    class Kind(StrEnum):
        BIG = "big"

    strawberry.enum(Kind)

    @strawberry.type
    class Row:
        number: int
        kind: Kind
        name: str | None

    @strawberry.type
    class Query:
        @strawberry.field
        def rows(self, info: strawberry.Info) -> list[Row]:
            return info.context

    rows = await admin.fetch(
        "select n as number, 'big' as kind, null as name from generate_series(1, 3) n", record_class=Record
    )
    schema = strawberry.Schema(Query)
    result = await run(schema, "{ rows { number kind name } }", context=rows)
    assert result == await run(schema, "{ rows { number kind name } }", context=rows)
    assert result.data == {"rows": [{"number": n, "kind": "BIG", "name": None} for n in (1, 2, 3)]}
    missing = await admin.fetch("select 1 as number, 'big' as kind", record_class=Record)
    ours = await run(schema, "{ rows { number kind name } }", context=[*rows, *missing])
    theirs = await schema.execute("{ rows { number kind name } }", context_value=[*rows, *missing])
    assert difference(ours, theirs) is None
    assert len(ours.errors) == 1


async def test_operations_nested_too_deeply_are_not_planned_but_answered():
    depth = sys.getrecursionlimit()
    document = "{ thing " + "{ sureChild " * 40 + "{ number }" + "}" * 41
    assert depth > 40
    ours = await run(SCHEMA, document, context=Context())
    theirs = await SCHEMA.execute(document, context_value=Context())
    assert difference(ours, theirs) is None
