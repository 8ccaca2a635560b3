"""One execution of a plan: its failures, its tasks, its waiting."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import CoroutineType, GeneratorType
from typing import Any

from graphql import FieldNode, GraphQLError, located_error
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, Undefined

from executor.loads import Batch
from executor.operation import Operation
from executor.places import Places

Column = list[Any]
"""Values of one field for all objects of a level. Nobody alters a column that was given to them."""
Later = Column | Awaitable[Column]
"""A column, or what will come to one: all that can be done at once is done at once."""

UNDEFINED = type(Undefined)
CO_ITERABLE_COROUTINE = 0x100


class Failed:
    """What could not be had, on its way up to the nearest place that may be null."""

    __slots__ = ("error",)

    def __init__(self, error: GraphQLError) -> None:
        self.error = error


class Hole:
    """A field of several objects that was left open, and how it is filled (executor.holes)."""

    __slots__ = ("fill", "places", "sources")

    def __init__(self, fill: "Fill", sources: Column, places: Places) -> None:
        self.fill = fill
        self.sources = sources
        self.places = places


class Run:
    """What all steps of one execution share."""

    __slots__ = (
        "_reported",
        "_tasks",
        "batches",
        "context",
        "extensions",
        "failures",
        "holes",
        "is_stopped",
        "loop",
        "operation",
        "root",
        "variables",
    )

    def __init__(
        self, operation: Operation, context: Any, root: Any, variables: VariableValues, extensions: Any
    ) -> None:
        self.operation = operation
        self.context = context
        self.root = root
        self.variables = variables
        self.extensions = extensions
        self.loop = asyncio.get_running_loop()
        self.failures = 0
        self.is_stopped = False
        self.batches: dict[Any, Batch] = {}
        self.holes: list[Hole] = []
        """What was left open."""
        self._tasks: list[asyncio.Future[Any]] = []
        self._reported: list[tuple[tuple[str | int, ...], GraphQLError]] = []

    def fail(self, cause: Exception, nodes: Sequence[FieldNode], path: Path | None) -> Failed:
        """A failure at this place. Columns are searched for failures only once there are any."""
        self.failures += 1
        return Failed(located_error(cause, list(nodes), path.as_list() if path else None))

    def report(self, failed: Failed, path: Path | None) -> None:
        """Null stands at the place because of it."""
        self._reported.append((tuple(path.as_list()) if path else (), failed.error))

    def errors(self) -> list[GraphQLError] | None:
        """One for each null that is an error's and stands in the answer, those nearer to the root first."""
        if not self._reported:
            return None
        nulls = {place for place, _ in self._reported}
        shown = [
            error
            for place, error in self._reported
            if not any(place[:length] in nulls for length in range(len(place)))
        ]
        return sorted(shown, key=lambda error: len(error.path or ()))

    def start(self, awaitable: Awaitable[Any]) -> asyncio.Future[Any]:
        """Begin now; the run ends it where the run is ended."""
        future = (
            start_task(awaitable, self.loop)
            if isinstance(awaitable, CoroutineType)
            else asyncio.ensure_future(awaitable)
        )
        if not future.done():
            self._tasks.append(future)
        return future

    async def stop(self) -> None:
        """End what was started, and wait until it has ended."""
        await first_steps()
        self.is_stopped = True
        for batch in list(self.batches.values()):
            batch.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


Fill = Callable[[Run, Column, Places], Later]
"""Starts a field for all of its sources."""

if sys.version_info >= (3, 12):

    def start_task(coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> asyncio.Task[Any]:
        """Runs up to its first wait before this returns."""
        return asyncio.Task(coroutine, loop=loop, eager_start=True)

    async def first_steps() -> None:
        """Nothing waits for its first step."""

else:

    def start_task(coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> asyncio.Task[Any]:
        """Runs from the next turn of the loop on."""
        return loop.create_task(coroutine)

    async def first_steps() -> None:
        """Of what has just been started: cancelled before them, a task leaves coroutines unawaited."""
        await asyncio.sleep(0)


def then(column: Later, step: Callable[[Column], Later]) -> Later:
    """The step after the column, at once where the column is there."""
    return step(column) if isinstance(column, list) else _then(column, step)


async def _then(column: Awaitable[Column], step: Callable[[Column], Later]) -> Column:
    return await there(step(await column))


async def there(column: Later) -> Column:
    """The column, waited for where it has to be."""
    return column if isinstance(column, list) else await column


def join(run: Run, columns: Sequence[Later], step: Callable[[list[Column]], Later]) -> Later:
    """The step after all of the columns, which progress side by side."""
    known = [column for column in columns if isinstance(column, list)]
    return step(known) if len(known) == len(columns) else _join(run, columns, step)


async def _join(run: Run, columns: Sequence[Later], step: Callable[[list[Column]], Later]) -> Column:
    arrived = iter(await _together(run, [column for column in columns if not isinstance(column, list)]))
    known = [column if isinstance(column, list) else next(arrived) for column in columns]
    return await there(step(known))


async def _together(run: Run, columns: Sequence[Awaitable[Column]]) -> list[Column]:
    if len(columns) == 1:
        return [await columns[0]]
    tasks = [run.start(column) for column in columns]
    if waiting := [task for task in tasks if not task.done()]:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
    return [task.result() for task in tasks]


def is_awaitable_type(kind: type) -> bool:
    """Whether its values have to be awaited, or may have to."""
    return kind is GeneratorType or hasattr(kind, "__await__")


def is_awaitable(value: Any) -> bool:
    """Whether it has to be awaited."""
    if isinstance(value, GeneratorType):
        return bool(value.gi_code.co_flags & CO_ITERABLE_COROUTINE)
    return hasattr(type(value), "__await__")


def settle(run: Run, values: Column, nodes: Sequence[FieldNode], places: Places) -> Later:
    """What the values come to: awaitables are awaited, exceptions are failures, undefined is null."""
    kinds = set(map(type, values))
    if any(map(is_awaitable_type, kinds)):
        return then(_awaited(run, values), lambda known: _plain(run, known, nodes, places))
    if UNDEFINED in kinds or any(issubclass(kind, Exception) for kind in kinds):
        return _plain(run, values, nodes, places)
    return values


def _plain(run: Run, values: Column, nodes: Sequence[FieldNode], places: Places) -> Column:
    return [
        run.fail(value, nodes, places.path(index))
        if isinstance(value, Exception)
        else (None if value is Undefined else value)
        for index, value in enumerate(values)
    ]


def _awaited(run: Run, values: Column) -> Later:
    if len(values) == 1 and isinstance(values[0], CoroutineType):
        return _one(values[0])
    known = list(values)
    waiting = []
    for index, value in enumerate(values):
        if is_awaitable(value):
            future = run.start(value)
            if future.done():
                known[index] = outcome(future)
            else:
                waiting.append((index, future))
    return _all(known, waiting) if waiting else known


async def _one(coroutine: Awaitable[Any]) -> Column:
    """Without a task of its own: whoever waits for this column has one, or is alone."""
    try:
        return [await coroutine]
    except Exception as error:  # noqa: BLE001 - whatever a resolver raises is its answer
        return [error]


async def _all(known: Column, waiting: list[tuple[int, asyncio.Future[Any]]]) -> Column:
    await asyncio.wait([future for _, future in waiting])
    for index, future in waiting:
        known[index] = outcome(future)
    return known


def outcome(future: asyncio.Future[Any]) -> Any:
    """The result, or the exception that stands for it; a cancellation is raised."""
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - an answer as any other
        return error
