"""The operations that an app sends, as they stand in tests/operations, each with its fragments."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Lexer,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    TokenKind,
    parse,
    print_ast,
)

FOLDER = Path(__file__).parent / "operations"


@cache
def definitions() -> dict[str, OperationDefinitionNode | FragmentDefinitionNode]:
    """Operations and fragments of all files, by name; a name is used once."""
    found: dict[str, OperationDefinitionNode | FragmentDefinitionNode] = {}
    for path in sorted(FOLDER.glob("*.graphql")):
        for definition in parse(path.read_text(encoding="utf-8")).definitions:
            assert isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode)
            assert definition.name is not None, path.name
            assert definition.name.value not in found, definition.name.value
            found[definition.name.value] = definition
    return found


def operations() -> list[str]:
    """Their names, in the order of the files."""
    return [name for name, node in definitions().items() if isinstance(node, OperationDefinitionNode)]


def document(name: str) -> str:
    """One operation, ready to be sent."""
    wanted = {name: definitions()[name]}
    open_ = [name]
    while open_:
        for used in _spreads(definitions()[open_.pop()].selection_set):
            if used not in wanted:
                wanted[used] = definitions()[used]
                open_.append(used)
    return "\n\n".join(print_ast(each) for each in wanted.values())


def tokens(name: str) -> int:
    """As a parser counts them."""
    lexer, number = Lexer(Source(document(name))), 0
    while lexer.advance().kind is not TokenKind.EOF:
        number += 1
    return number


def aliases(name: str) -> int:
    """Fields under another name, each fragment's once."""
    used = parse(document(name)).definitions
    return sum(1 for each in used for field in _fields(each) if field.alias)


def depth(name: str) -> int:
    """Levels of fields, leaves included."""
    return _depth(definitions()[name].selection_set)


def _depth(selections: SelectionSetNode | None) -> int:
    if selections is None:
        return 0
    deepest = 0
    for each in selections.selections:
        if isinstance(each, FieldNode):
            deepest = max(deepest, 1 + _depth(each.selection_set))
        elif isinstance(each, InlineFragmentNode):
            deepest = max(deepest, _depth(each.selection_set))
        elif isinstance(each, FragmentSpreadNode):
            deepest = max(deepest, _depth(definitions()[each.name.value].selection_set))
    return deepest


def _spreads(node: Node) -> Iterable[str]:
    return [each.name.value for each in _all(node) if isinstance(each, FragmentSpreadNode)]


def _fields(node: Node) -> Iterable[FieldNode]:
    return [each for each in _all(node) if isinstance(each, FieldNode)]


def _all(node: Node) -> Iterable[Node]:
    selections = node if isinstance(node, SelectionSetNode) else getattr(node, "selection_set", None)
    for each in selections.selections if selections else ():
        yield each
        yield from _all(each)
