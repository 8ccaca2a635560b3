"""Asks a gateway in the same process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from uuid import UUID

import httpx
from fastapi import FastAPI
from strawberry.schema import BaseSchema

from gateway.context import Caller
from kit.db import Database
from resolvers.context import Request, Services, Viewer


class Somebody(Protocol):
    """Who asks."""

    id: UUID
    session_id: UUID | None


@dataclass
class Answer:
    """What came back."""

    data: Any
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """Codes of the top-level errors."""
        return [error["extensions"]["code"] for error in self.errors]


class Client:
    """One gateway. `as_` is who asks; None is nobody."""

    def __init__(self, app: FastAPI, services: Services) -> None:
        self.services = services
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
        self.schema: BaseSchema = app.state.schema

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.aclose()

    async def query(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        as_: Somebody | None = None,
        **request: Any,
    ) -> Answer:
        """A query or mutation."""
        result = await self.schema.execute(
            document, variable_values=dict(variables or {}), context_value=self._context(as_, **request)
        )
        return _answer(result)

    @asynccontextmanager
    async def subscribe(
        self, document: str, variables: Mapping[str, Any] | None = None, *, as_: Somebody | None = None
    ) -> AsyncIterator[AsyncIterator[Answer]]:
        """A stream of answers, for the length of a block."""
        stream = await self.schema.stream(
            document, variable_values=dict(variables or {}), context_value=self._context(as_)
        )

        async def answers() -> AsyncIterator[Answer]:
            async for result in stream:
                yield _answer(result)

        try:
            yield answers()
        finally:
            await stream.aclose()

    def _context(self, somebody: Somebody | None, **request: Any) -> dict[str, Caller]:
        viewer = Viewer(somebody.id, somebody.session_id) if somebody else None
        return {"caller": Caller(self.services, Request(**{"address": "127.0.0.1", **request}), viewer)}


def _answer(result: Any) -> Answer:
    return Answer(result.data, [error.formatted for error in result.errors or ()])


class Statements:
    """Counts messages to PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self.sent: list[str] = []
        database.observe = self.sent.append

    @property
    def count(self) -> int:
        """How many."""
        return len(self.sent)

    def clear(self) -> None:
        """Begin anew."""
        self.sent.clear()
