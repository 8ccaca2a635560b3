"""A plan and its execution."""

from typing import Any

from graphql import ExecutionResult, OperationType
from graphql.execution.values import VariableValues

from executor.operation import Operation
from executor.places import Root
from executor.running import Failed, Run, there
from executor.selection import Selection


class Plan:
    """One operation, ready to be run any number of times, also at once."""

    def __init__(self, operation: Operation, selection: Selection) -> None:
        self.operation = operation
        self._selection = selection

    async def run(
        self, context: Any, root: Any, variables: VariableValues, extensions: Any = None
    ) -> ExecutionResult:
        """The answer. Of a subscription, that of one event, which is the root.

        The variables are those of `operation.variables`; those in @skip and @include have the values that the
        plan was made for.
        """
        return await self.execute(Run(self.operation, context, root, variables, extensions))

    async def execute(self, run: Run) -> ExecutionResult:
        """The answer of a run that was made for this plan."""
        try:
            value = await self._answer(run, run.root)
        except BaseException:
            await run.stop()
            raise
        if type(value) is Failed:
            run.report(value, None)
            value = None
        return ExecutionResult(value, run.errors())

    async def _answer(self, run: Run, root: Any) -> Any:
        if self.operation.kind is OperationType.MUTATION:
            return (await self._selection.serially(run, root, Root()))[0]
        return (await there(self._selection(run, [root], Root())))[0]
