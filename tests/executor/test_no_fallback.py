"""Nothing that an app, the docs or the bench asks is answered by graphql-core."""

import json
import re
from pathlib import Path

import pytest
import strawberry
from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_introspection_query,
    parse,
    print_ast,
    validate,
)

from executor.compiler import compile_plan
from executor.operation import operation_of, steering_names
from gateway.transport.telling import is_personal
from kit.settings import Settings
from schema.root import build_schema as built
from tests.documents import document, operations

ROOT = Path(__file__).parent.parent.parent
CONTRACT = ROOT.parent / "shared" / "design"
QUERY = re.compile(r'"query": "((?:[^"\\]|\\.)*)"')
FENCE = re.compile(r"```graphql\n(.*?)```", re.DOTALL)


def written() -> list[str]:
    """Documents that stand in files of ours, whatever schema they are of."""
    texts = [document(name) for name in operations()]
    texts += [
        path.read_text()
        for folder in ("ide", "bench")
        for path in (ROOT / folder).rglob("*.graphql")
        if "node_modules" not in path.parts
    ]
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        words = page.read_text()
        texts += FENCE.findall(words)
        texts += [json.loads(f'"{found}"') for found in QUERY.findall(words)]
    return texts


SCHEMA = built(Settings(_env_file=None))


def ours(text: str) -> bool:
    return not validate(SCHEMA._schema, parse(text))


def plans(schema: strawberry.Schema, text: str) -> int:
    """How many operations of the document were planned, each with its steering on and off."""
    parsed, count = parse(text), 0
    for node in parsed.definitions:
        if not isinstance(node, OperationDefinitionNode):
            continue
        name = node.name.value if node.name else None
        operation_of(schema._schema, parsed, name)
        for value in (True, False):
            steering = dict.fromkeys(steering_names(parsed), value)
            compile_plan(schema, parsed, name, steering)
            compile_plan(schema, parsed, name, steering, is_personal)
        count += 1
    return count


def test_what_stands_in_our_files_is_planned():
    found = [text for text in written() if ours(text)]
    assert len(found) >= len(operations()) + 5
    assert sum(plans(SCHEMA, text) for text in found) >= len(found)


def test_introspection_is_planned():
    assert plans(SCHEMA, get_introspection_query(descriptions=True, specified_by_url=True)) == 1


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract is not here")
def test_every_operation_of_the_contract_is_planned_on_its_schema():
    """Its domains come one by one; what they will be asked can be planned today."""
    contract = strawberry.Schema(Nothing)
    contract._schema = whole(build_schema((CONTRACT / "schema.graphql").read_text()))
    fragments, asked = {}, []
    for path in sorted((CONTRACT / "operations").glob("*.graphql")):
        for node in parse(path.read_text()).definitions:
            if isinstance(node, FragmentDefinitionNode):
                fragments[node.name.value] = print_ast(node)
            else:
                asked.append(print_ast(node))
    assert len(asked) >= 49
    for text in asked:
        used = needed(text, fragments)
        assert plans(contract, "\n".join([text, *used])) == 1


@strawberry.type
class Nothing:
    here: bool = True


def whole(schema: GraphQLSchema) -> GraphQLSchema:
    if errors := validate(schema, parse("{ __typename }")):
        raise GraphQLError(str(errors))
    return schema


def needed(text: str, fragments: dict[str, str]) -> list[str]:
    found: dict[str, str] = {}
    waiting = [text]
    while waiting:
        for name in re.findall(r"\.\.\.\s*([A-Za-z_]\w*)", waiting.pop()):
            if name != "on" and name not in found:
                found[name] = fragments[name]
                waiting.append(fragments[name])
    return list(found.values())
