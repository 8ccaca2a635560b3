"""What is asked can be asked: of our schema as it is promised, and of the synthetic one."""

import pytest
from graphql import build_schema, parse, validate

from bench.operations import COMMON, CROSSFADE, DOCUMENTS, OURS, SHELF, VARIABLES, WRITES, operation
from bench.synthetic.schema import schema
from gateway.commands.sdl import COMMITTED

LIVE = "room_stream"
"""Which the synthetic schema has not."""


def names(folder):
    return sorted(file.stem for file in (DOCUMENTS / folder).glob("*.graphql"))


@pytest.fixture(scope="module")
def promised():
    return build_schema(COMMITTED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", names(CROSSFADE))
def test_our_gateway_can_be_asked(promised, name):
    document = (DOCUMENTS / CROSSFADE / f"{name}.graphql").read_text(encoding="utf-8")
    assert validate(promised, parse(document)) == []


@pytest.mark.parametrize("folder", [COMMON, SHELF])
def test_the_synthetic_pages_can_be_asked(folder):
    for name in names(folder):
        if name != LIVE:
            document = (DOCUMENTS / folder / f"{name}.graphql").read_text(encoding="utf-8")
            assert validate(schema._schema, parse(document)) == []


def test_every_workload_has_its_document_and_every_document_its_workload():
    assert {*names(COMMON), *names(SHELF)} - {LIVE} == set(VARIABLES)
    assert set(names(CROSSFADE)) - {LIVE} == set(OURS)
    assert set(VARIABLES) >= WRITES


@pytest.mark.parametrize("workload", OURS)
def test_calls_differ(workload):
    asked = operation(CROSSFADE, workload)
    assert asked is not None
    assert len({str(asked.variables(n)) for n in range(150)}) == 150
