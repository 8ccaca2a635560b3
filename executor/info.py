"""What a resolver is told of the place it answers for."""

from collections.abc import Awaitable, Sequence
from typing import Any

from graphql import FieldNode, GraphQLObjectType, GraphQLOutputType
from graphql.pyutils import Path, gather_with_cancel
from graphql.type.definition import GraphQLResolveInfoHelpers

from executor.places import Places
from executor.running import Run, is_awaitable


class FieldFacts:
    """What is the same for every value of a field."""

    __slots__ = ("field_name", "field_nodes", "parent_type", "return_type")

    def __init__(
        self,
        field_name: str,
        field_nodes: list[FieldNode],
        return_type: GraphQLOutputType,
        parent_type: GraphQLObjectType,
    ) -> None:
        self.field_name = field_name
        self.field_nodes = field_nodes
        self.return_type = return_type
        self.parent_type = parent_type


class ResolveInfo:
    """Has what graphql-core's has, made where it is read: most of it is never asked for."""

    __slots__ = ("_facts", "_places", "_run", "context", "index")

    abort_signal = None

    def __init__(self, run: Run, facts: FieldFacts, places: Places, index: int) -> None:
        self._run = run
        self._facts = facts
        self._places = places
        self.index = index
        self.context = run.context

    @property
    def field_name(self) -> str:
        return self._facts.field_name

    @property
    def field_nodes(self) -> list[FieldNode]:
        return self._facts.field_nodes

    @property
    def return_type(self) -> GraphQLOutputType:
        return self._facts.return_type

    @property
    def parent_type(self) -> GraphQLObjectType:
        return self._facts.parent_type

    @property
    def path(self) -> Path:
        """Of the field, also where an item of its list is asked about."""
        path = self._places.path(self.index)
        while path is not None and isinstance(path.key, int):
            path = path.prev
        assert path is not None  # noqa: S101 - a field has a name
        return path

    @property
    def schema(self) -> Any:
        return self._run.operation.schema

    @property
    def fragments(self) -> Any:
        return self._run.operation.fragments

    @property
    def root_value(self) -> Any:
        return self._run.root

    @property
    def operation(self) -> Any:
        return self._run.operation.node

    @property
    def variable_values(self) -> dict[str, Any]:
        """Plain, as strawberry gives them to resolvers."""
        return self._run.variables.coerced

    @property
    def operation_extensions(self) -> Any:
        return self._run.extensions

    @staticmethod
    def is_awaitable(value: Any) -> bool:
        return is_awaitable(value)

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        return GraphQLResolveInfoHelpers(gather=_gather, track=self._track)

    def _track(self, values: Sequence[Any]) -> None:
        for value in values:
            if is_awaitable(value):
                self._run.start(value)


def _gather(values: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
    return gather_with_cancel(*values)
