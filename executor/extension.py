"""Answers queries and mutations by plans, in the place of graphql-core."""

from collections.abc import AsyncIterator, Callable, Iterator

from graphql import ExecutionResult, GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from executor.cache import PlanCache, Valid
from executor.compiler import NotPlanned

OnFallback = Callable[[str], None]


class Planned(SchemaExtension):
    """Stands last among the extensions: what they refuse is neither kept nor run.

    `on_fallback` hears the reason each time graphql-core answers instead.
    """

    def __init__(self, cache: PlanCache, on_fallback: OnFallback) -> None:
        self._cache = cache
        self._on_fallback = on_fallback
        self._valid: Valid | None = None

    def on_parse(self) -> Iterator[None]:
        """A document that was seen is not parsed again."""
        context = self.execution_context
        if context.graphql_document is None and context.query:
            self._valid = self._cache.get(context.query)
            if self._valid is not None:
                context.graphql_document = self._valid.document
        yield

    def on_validate(self) -> Iterator[None]:
        """A document that was found valid is not validated again."""
        context = self.execution_context
        if self._valid is not None and context.pre_execution_errors is None:
            context.pre_execution_errors = []
        yield
        if self._valid is None and not context.pre_execution_errors and context.graphql_document:
            self._valid = Valid(context.graphql_document)
            if context.query:
                self._valid = self._cache.keep(context.query, self._valid)

    async def on_execute(self) -> AsyncIterator[None]:
        """The answer, unless there is one already, or it is a stream."""
        context = self.execution_context
        is_stream = context.operation_type is OperationType.SUBSCRIPTION
        if self._valid is not None and context.result is None and not is_stream:
            context.result = await self._answer(self._valid)
        yield

    async def _answer(self, valid: Valid) -> ExecutionResult | None:
        context = self.execution_context
        try:
            operation = valid.operation(context.schema, context.operation_name)
            variables = operation.variables(context.variables)
            plan = valid.plan(context.schema, context.operation_name, variables)
        except NotPlanned as refusal:
            self._on_fallback(refusal.reason)
            return None
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        except ExceptionGroup as several:
            return ExecutionResult(None, list(several.exceptions))  # type: ignore[arg-type]  # see Operation.variables
        return await plan.run(context.context, context.root_value, variables, context.operation_extensions)
