"""Between a transport and the executor: who asks, what may be shown, and the bytes of the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import ExecutionResult, GraphQLError

from executor.encoding import encode
from executor.engine import Engine, Invalid, Prepared
from gateway.context import Caller
from gateway.errors import cause_of, presented
from gateway.limits import document_limits
from gateway.transport.fanout import FanOut
from gateway.transport.pump import Pump
from gateway.transport.streams import Reader, Stream
from gateway.transport.telling import OutageError
from kit.db import BROKEN
from kit.settings import Settings
from resolvers.context import Context
from resolvers.streams import Watch

OPEN_MUTATIONS = frozenset({"signUp", "signIn", "refreshSession"})
"""Work with a bad token too: they are how one gets a good one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client sent, already known to have these shapes."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class Refused(Exception):  # noqa: N818 - a refusal is no fault of ours
    """Nothing was run. `errors` as clients see them."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(error["message"] for error in errors))
        self.errors = errors


class Answering:
    """Answers operations and opens streams, for any transport."""

    def __init__(
        self, schema: strawberry.Schema, settings: Settings, on_fallback: Callable[[str], None]
    ) -> None:
        self.engine = Engine(
            schema,
            cached=settings.max_cached_documents,
            limits=document_limits(settings),
            on_fallback=on_fallback,
        )
        self.fan_out = FanOut(encoded)

    def prepare(self, asked: Asked, request_id: str) -> Prepared:
        """Ready to be run. Raises Refused."""
        try:
            return self.engine.prepare(asked.query, asked.operation_name, asked.variables)
        except Invalid as error:
            raise _refused(error.errors, request_id, is_validation=error.is_document) from None

    async def answer(self, prepared: Prepared, caller: Caller) -> bytes:
        """The answer of a query or a mutation, in JSON. Raises Refused for a bad token."""
        context = self._context(prepared, caller)
        try:
            return encoded(await prepared.run(context), context.request_id)
        finally:
            context.close()

    async def open(
        self, prepared: Prepared, caller: Caller, reader: Reader, cursors: Sequence[str] = ()
    ) -> Stream:
        """Tell a reader what a subscription is about, from the newest of its cursors on.

        Raises Refused, and OutageError where the database is away: the client is to come again.
        """
        context = self._context(prepared, caller)
        try:
            source = await prepared.source(context)
            if isinstance(source, Watch):
                context.close()  # who waits must not hold a connection that others need to answer them
                return await self.fan_out.join(prepared, source, caller, reader, cursors)
        except Invalid as error:
            context.close()
            if any(isinstance(cause_of(each), BROKEN) for each in error.errors):
                raise OutageError from error
            raise _refused(error.errors, context.request_id) from None
        except BaseException:
            context.close()
            raise
        return Pump(prepared, source, context, reader, encoded)

    def _context(self, prepared: Prepared, caller: Caller) -> Context:
        if caller.refused and not prepared.root_fields <= OPEN_MUTATIONS:
            raise _refused([GraphQLError("", original_error=caller.refused)], caller.request_id)
        return caller.context()


def encoded(result: ExecutionResult, request_id: str) -> bytes:
    """An answer in JSON, with what of its errors may be shown."""
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = _shown(result.errors, request_id, is_validation=False)
    return encode(answer)


def _refused(errors: Sequence[GraphQLError], request_id: str, *, is_validation: bool = False) -> Refused:
    return Refused(_shown(errors, request_id, is_validation=is_validation))


def _shown(errors: Sequence[GraphQLError], request_id: str, *, is_validation: bool) -> list[dict[str, Any]]:
    shown = presented(errors, request_id, is_validation=is_validation)
    return [error.formatted for error in shown]  # type: ignore[misc]  # a typed dict is one
