"""One operation of a document, and what of it decides how it is planned."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_variable_values,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

INCREMENTAL = {"defer", "stream"}
STEERING = {"skip", "include"}


@dataclass(frozen=True)
class Operation:
    """What resolvers may ask of the operation, and what collecting its fields takes."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation

    @property
    def fragment_details(self) -> dict[str, FragmentDetails]:
        """As graphql-core collects from them."""
        return {name: FragmentDetails(node) for name, node in self.fragments.items()}

    @property
    def is_bubbling(self) -> bool:
        """Whether a null that may not be takes its parent away."""
        names = {directive.name.value for directive in self.node.directives or ()}
        return "experimental_disableErrorPropagation" not in names

    @cached_property
    def root_fields(self) -> frozenset[str]:
        """Names of what is asked of the root; "…" stands for a fragment."""
        selections = self.node.selection_set.selections
        return frozenset(each.name.value if isinstance(each, FieldNode) else "…" for each in selections)

    @cached_property
    def inner_variables(self) -> tuple[str, ...]:
        """Those that decide how an event is answered: all but the arguments of what is asked of the root."""
        selections = self.node.selection_set.selections
        nodes: list[Node] = [*self.fragments.values()]
        for each in selections:
            if isinstance(each, FieldNode):
                nodes += [*(each.directives or ()), *([each.selection_set] if each.selection_set else ())]
            else:
                nodes.append(each)
        finder = _Variables()
        for node in nodes:
            visit(node, finder)
        return tuple(sorted(finder.found))

    def variables(self, given: dict[str, Any] | None) -> VariableValues:
        """Coerced. Raises an ExceptionGroup of GraphQLErrors."""
        values = get_variable_values(self.schema, self.node.variable_definitions or (), given or {})
        if isinstance(values, list):
            raise ExceptionGroup("variables", values)
        return values


def operation_of(schema: GraphQLSchema, document: DocumentNode, name: str | None) -> Operation:
    """The operation of that name, or the only one. Raises GraphQLError in graphql-core's words."""
    nodes = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None and len(nodes) > 1:
        raise GraphQLError("Must provide operation name if query contains multiple operations.")
    found = [each for each in nodes if name is None or (each.name and each.name.value == name)]
    if not found:
        raise GraphQLError(
            "Must provide an operation." if name is None else f"Unknown operation named '{name}'."
        )
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    return Operation(schema, found[-1], fragments)


def steering_names(document: DocumentNode) -> tuple[str, ...]:
    """The variables whose values decide which fields there are."""
    found = {
        argument.value.name.value
        for directive in _directives(document, STEERING)
        for argument in directive.arguments or ()
        if isinstance(argument.value, VariableNode)
    }
    return tuple(sorted(found))


def is_incremental(document: DocumentNode) -> bool:
    """Whether it asks for an answer in parts."""
    return any(_directives(document, INCREMENTAL))


def _directives(document: DocumentNode, names: set[str]) -> Iterator[DirectiveNode]:
    finder = _Directives()
    visit(document, finder)
    return (directive for directive in finder.found if directive.name.value in names)


class _Directives(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[DirectiveNode] = []

    def enter_directive(self, node: DirectiveNode, *_rest: Any) -> None:
        self.found.append(node)


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_rest: Any) -> None:
        self.found.add(node.name.value)
