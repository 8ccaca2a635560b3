"""A stream of one reader alone: what its resolver yields, one after the other, as fast as it is read."""

import asyncio
from collections.abc import AsyncIterable
from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLError, located_error

from executor.engine import Prepared
from gateway.transport.streams import Encode, Reader
from kit.db import BROKEN
from resolvers.context import Context

log = structlog.get_logger()


class Pump:
    """Runs until the resolver has said all, or is closed."""

    def __init__(
        self, prepared: Prepared, source: AsyncIterable[Any], context: Context, reader: Reader, encode: Encode
    ) -> None:
        self._prepared = prepared
        self._source = source
        self._context = context
        self._reader = reader
        self._encode = encode
        self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        self._task.cancel()

    async def ended(self, reason: str, cursor: str | None = None) -> bytes | None:  # noqa: ARG002 - none
        return None

    async def _run(self) -> None:
        context, reader = self._context, self._reader
        try:
            async for item in self._source:
                answer = await self._prepared.run(context, item)
                context.renew()  # a reader who is slow must not hold a connection meanwhile
                reader.next(self._encode(answer, context.request_id), getattr(item, "cursor", None))
                await reader.drained()
            reader.complete()
        except BROKEN:
            log.warning("stream_broken", request=context.request_id, exc_info=True)
            reader.broken()
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises is its last answer
            failed = error if isinstance(error, GraphQLError) else located_error(error)
            reader.next(self._encode(ExecutionResult(None, [failed]), context.request_id), None)
            reader.complete()
        finally:
            if close := getattr(self._source, "aclose", None):
                await close()
            context.close()
