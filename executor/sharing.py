"""One event for many: what is the same for all is run and encoded once, the rest is filled in for each."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from graphql import ExecutionResult
from graphql.execution.values import VariableValues

from executor.encoding import encode
from executor.holes import Template
from executor.plan import Plan
from executor.running import Run, join, there

Encode = Callable[[ExecutionResult], bytes]


class SharedPlan:
    """A plan that leaves some fields open."""

    def __init__(self, plan: Plan, variables: VariableValues) -> None:
        self._plan = plan
        self._variables = variables

    async def run(self, context: Any, root: Any, written: Encode) -> "Shared":
        """What all are told of one event. The context must be one of theirs."""
        run = Run(self._plan.operation, context, root, self._variables, None)
        return Shared(run, written(await self._plan.execute(run)))


class Shared:
    """The answer to one event, with holes or without."""

    def __init__(self, run: Run, encoded: bytes) -> None:
        self._run = run
        self.text = encoded
        """What all are told, where they are told the same."""
        self._template = Template(encoded) if run.holes else None

    async def told(self, context: Any) -> bytes | None:
        """What the viewer of a context is told: the same bytes for all whose answers are the same.

        None where a field failed: what its null takes away, only a run of their own can say.
        """
        if self._template is None:
            return self.text
        former = self._run
        run = Run(former.operation, context, former.root, former.variables, former.extensions)
        try:
            columns = [hole.fill(run, hole.sources, hole.places) for hole in former.holes]
            values = await there(join(run, columns, lambda known: [*chain.from_iterable(known)]))
        except BaseException:
            await run.stop()
            raise
        if run.failures:
            return None
        return self._template.filled([encode(value) for value in values])

    @property
    def is_alike(self) -> bool:
        """Whether all are told the same, whoever they are."""
        return self._template is None
