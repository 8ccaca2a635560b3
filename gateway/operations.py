"""What surrounds each operation: its own context, its door, its errors."""

from collections.abc import Iterator
from typing import Any

import structlog
from graphql import FieldNode, GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

from gateway.context import Caller
from gateway.errors import presented
from resolvers.context import Context

OPEN_MUTATIONS = {"signUp", "signIn", "refreshSession"}
"""Work with a bad token too: they are how one gets a good one."""


class Operation(SchemaExtension):
    """One context for each operation: strawberry keeps one for a whole socket."""

    def __init__(self) -> None:
        self._presented: object = None
        self._is_valid = False

    def on_operation(self) -> Iterator[None]:
        caller: Caller = self.execution_context.context["caller"]
        context = caller.context()
        self.execution_context.context = context
        structlog.contextvars.bind_contextvars(request=context.request_id)
        try:
            yield
            self._present(self.execution_context.result, context)
        finally:
            context.close()

    def on_execute(self) -> Iterator[None]:
        self._is_valid = True
        context: Context = self.execution_context.context
        if context.refused and not self._is_open():
            raise self._presented_errors([GraphQLError("", original_error=context.refused)], context)[0]
        yield

    def on_stream_result(self, result: Any) -> Iterator[None]:
        context: Context = self.execution_context.context
        self._present(result, context)
        context.renew()  # a stream whose reader is slow must not hold a connection meanwhile
        yield

    def _is_open(self) -> bool:
        document = self.execution_context.graphql_document
        definitions = document.definitions if document else ()
        fields = [
            selection
            for definition in definitions
            if isinstance(definition, OperationDefinitionNode)
            for selection in definition.selection_set.selections
        ]
        return all(isinstance(field, FieldNode) and field.name.value in OPEN_MUTATIONS for field in fields)

    def _present(self, result: Any, context: Context) -> None:
        if result is self._presented or not getattr(result, "errors", None):
            return
        self._presented = result
        result.errors = self._presented_errors(result.errors, context)

    def _presented_errors(self, errors: list[GraphQLError], context: Context) -> list[GraphQLError]:
        return presented(errors, context.request_id, is_validation=not self._is_valid)
