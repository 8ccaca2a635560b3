"""Asks a gateway in the same process."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from uuid import UUID

import httpx
import orjson

from gateway.answering import Answering, Asked, Refused
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


class Heard:
    """A reader that takes all it is given."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[Answer | None] = asyncio.Queue()
        self.payloads: list[bytes] = []
        self.cursors: list[str | None] = []
        self.is_broken = False

    def next(self, payload: bytes, cursor: str | None, replaces: Hashable | None = None) -> None:
        self.payloads.append(payload)
        self.cursors.append(cursor)
        self.answers.put_nowait(_answer(payload))

    def complete(self) -> None:
        self.answers.put_nowait(None)

    def broken(self) -> None:
        self.is_broken = True
        self.answers.put_nowait(None)

    async def drained(self) -> None:
        """It takes everything at once."""


class Client:
    """One gateway. `as_` is who asks; None is nobody."""

    def __init__(self, app: Any, services: Services) -> None:
        self.services = services
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
        self.answering: Answering = app.state.answering

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
        caller = self.caller(as_, **request)
        try:
            prepared = self.answering.prepare(Asked(document, None, dict(variables or {})), caller.request_id)
            return _answer(await self.answering.answer(prepared, caller))
        except Refused as refused:
            return Answer(None, refused.errors)

    @asynccontextmanager
    async def subscribe(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        as_: Somebody | None = None,
        heard: Heard | None = None,
    ) -> AsyncIterator[AsyncIterator[Answer]]:
        """A stream of answers, for the length of a block; a refusal is its only one."""
        heard = heard or Heard()
        caller, stream = self.caller(as_), None
        try:
            prepared = self.answering.prepare(Asked(document, None, dict(variables or {})), caller.request_id)
            stream = await self.answering.open(prepared, caller, heard)
        except Refused as refused:
            heard.answers.put_nowait(Answer(None, refused.errors))
            heard.complete()

        async def answers() -> AsyncIterator[Answer]:
            while (answer := await heard.answers.get()) is not None:
                yield answer

        try:
            yield answers()
        finally:
            if stream:
                stream.close()

    def caller(self, somebody: Somebody | None, **request: Any) -> Caller:
        """Who asks, as a transport would say it."""
        viewer = Viewer(somebody.id, somebody.session_id) if somebody else None
        return Caller(self.services, Request(**{"address": "127.0.0.1", **request}), viewer)


def _answer(payload: bytes) -> Answer:
    read = orjson.loads(payload)
    return Answer(read["data"], read.get("errors", []))


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
