"""One schema, ready to be asked: documents are checked once, planned once, and run as often as they come."""

from collections.abc import AsyncIterable, Callable, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import strawberry
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    OperationType,
    create_source_event_stream,
    execute,
    parse,
)
from graphql.execution.values import VariableValues
from graphql.validation import ASTValidationRule, specified_rules
from strawberry.schema.schema import validate_document

from executor.cache import PlanCache, Valid
from executor.compiler import NotPlanned
from executor.plan import Plan
from executor.sharing import SharedPlan

OnFallback = Callable[[str], None]


class Invalid(Exception):  # noqa: N818 - what was asked, not what went wrong
    """It cannot be run: it does not parse, is not valid, or does not fit its variables."""

    def __init__(self, errors: Sequence[GraphQLError], *, is_document: bool) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = list(errors)
        self.is_document = is_document
        """Whether the document itself is to blame, and not the operation's name or the variables."""


@dataclass(frozen=True)
class Limits:
    """Of documents: `rules` beside those of the specification, and how many tokens are read."""

    rules: Sequence[type[ASTValidationRule]] = ()
    max_tokens: int | None = None


class Engine:
    """`on_fallback` hears the reason each time graphql-core has to answer instead of a plan."""

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        cached: int = 500,
        limits: Limits = Limits(),
        on_fallback: OnFallback = lambda _reason: None,
    ) -> None:
        self.schema = schema
        self.cache = PlanCache(cached)
        self.on_fallback = on_fallback
        self._rules = (*specified_rules, *limits.rules)
        self._max_tokens = limits.max_tokens

    def prepare(
        self, text: str, operation_name: str | None = None, variables: dict[str, Any] | None = None
    ) -> "Prepared":
        """One operation with its variables. Raises Invalid."""
        valid = self.cache.get(text)
        if valid is None:
            valid = self.cache.keep(text, self._checked(text))
        try:
            operation = valid.operation(self.schema, operation_name)
            return Prepared(
                self, text, valid, operation_name, operation.kind, variables, operation.variables(variables)
            )
        except GraphQLError as error:
            raise Invalid([error], is_document=False) from None
        except ExceptionGroup as several:
            raise Invalid(several.exceptions, is_document=False) from None  # type: ignore[arg-type]  # see Operation.variables

    def _checked(self, text: str) -> Valid:
        try:
            document = parse(text, max_tokens=self._max_tokens)
        except GraphQLError as error:
            raise Invalid([error], is_document=True) from None
        except RecursionError:
            raise Invalid([GraphQLError("The document is too deep.")], is_document=True) from None
        try:
            errors = validate_document(self.schema._schema, document, self._rules)  # noqa: SLF001 - it has no other name
        except RecursionError:
            errors = [GraphQLError("The document is too deep.")]
        if errors:
            raise Invalid(errors, is_document=True)
        return Valid(document)


class Prepared:
    """One operation that may be run."""

    __slots__ = ("_engine", "_given", "_name", "_text", "_valid", "_variables", "kind")

    def __init__(
        self,
        engine: Engine,
        text: str,
        valid: Valid,
        name: str | None,
        kind: OperationType,
        given: dict[str, Any] | None,
        variables: VariableValues,
    ) -> None:
        self._engine = engine
        self._text = text
        self._valid = valid
        self._name = name
        self._given = given
        self._variables = variables
        self.kind = kind

    @property
    def root_fields(self) -> frozenset[str]:
        """The names of what is asked of the root; with "…" where a fragment hides some."""
        return self._valid.operation(self._engine.schema, self._name).root_fields

    async def run(self, context: Any, root: Any = None) -> ExecutionResult:
        """The answer; of a subscription that to one event, which is the root."""
        try:
            plan = self._plan()
        except NotPlanned as refusal:
            self._engine.on_fallback(refusal.reason)
            return await self._fall_back(context, root)
        return await plan.run(context, root, self._variables)

    async def source(self, context: Any) -> AsyncIterable[Any]:
        """What a subscription listens to. Raises Invalid where it may not begin."""
        built = Executor.build(
            self._engine.schema._schema,  # noqa: SLF001 - it has no other name
            self._valid.document,
            None,
            context,
            self._given,
            self._name,
        )
        if isinstance(built, list):
            raise Invalid(built, is_document=False)
        stream = create_source_event_stream(built)
        if not isinstance(stream, AsyncIterable | ExecutionResult):
            stream = await stream
        if isinstance(stream, ExecutionResult):
            raise Invalid(stream.errors or (), is_document=False)
        return stream

    def shared(self, is_personal: Callable[[str], bool]) -> SharedPlan | None:
        """For events that many are told: fields whose names are personal stay open. None without a plan."""
        try:
            plan = self._valid.plan(self._engine.schema, self._name, self._variables, is_personal)
        except NotPlanned:
            return None
        return SharedPlan(plan, self._variables)

    def shape(self) -> tuple[Any, ...]:
        """Equal for subscriptions whose events are answered alike: how they were opened plays no part."""
        operation = self._valid.operation(self._engine.schema, self._name)
        coerced = self._variables.coerced
        return (self._text, self._name, *(repr(coerced.get(name)) for name in operation.inner_variables))

    def _plan(self) -> Plan:
        return self._valid.plan(self._engine.schema, self._name, self._variables)

    async def _fall_back(self, context: Any, root: Any) -> ExecutionResult:
        schema, name = self._engine.schema, self._name
        if self.kind is OperationType.SUBSCRIPTION:
            core, document = schema._schema, self._valid.document  # noqa: SLF001 - as above
            answer: Any = execute(core, document, root, context, self._given, name)
            return await answer if isawaitable(answer) else answer  # type: ignore[no-any-return]
        result: Any = await schema.execute(self._text, self._given, context, root, name)
        return ExecutionResult(result.data, result.errors)
