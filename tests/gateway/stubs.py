"""A desk without a database: answers and streams that do what a test says."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import orjson
from graphql import OperationType

from gateway.answering import Asked, Refused
from gateway.metrics import Metrics
from gateway.transport.desk import Desk
from kit.clock import now
from kit.settings import Settings
from services.identity.sessions import EndedSessions
from services.identity.tokens import AccessTokens
from tests.conftest import SECRET

LIFETIME = timedelta(minutes=15)
KINDS = {kind.value: kind for kind in OperationType}
ANSWER = b'{"data":{"hello":"there"}}'


class Prepared:
    """By its first word: query, mutation or subscription. What else the text says is for `Answering`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind = KINDS[text.partition(" ")[0]]


class Stream:
    """One that was opened."""

    def __init__(self, reader: Any, cursors: Sequence[str]) -> None:
        self.reader = reader
        self.cursors = list(cursors)
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True

    async def ended(self, reason: str, cursor: str | None = None) -> bytes | None:
        return orjson.dumps({"data": {"ended": reason, "cursor": cursor}})


class Answering:
    """`wait` in a text waits for `go`, `refuse` is refused, `fail` fails."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.streams: list[Stream] = []
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self.most_at_once = 0
        self.body = ANSWER

    def prepare(self, asked: Asked, request_id: str) -> Prepared:
        if "refuse at once" in asked.query:
            raise _refused(request_id)
        return Prepared(asked.query)

    async def answer(self, prepared: Prepared, caller: Any) -> bytes:
        await self._wait(prepared.text, caller)
        return self.body

    async def open(self, prepared: Prepared, caller: Any, reader: Any, cursors: Sequence[str] = ()) -> Stream:
        await self._wait(prepared.text, caller)
        self.streams.append(Stream(reader, cursors))
        return self.streams[-1]

    async def _wait(self, text: str, caller: Any) -> None:
        self.begun.append(text)
        try:
            if "wait" in text:
                await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.append(text)
            raise
        if "refuse" in text:
            raise _refused(caller.request_id)
        if "fail" in text:
            raise RuntimeError("select password_hash from credentials")


def _refused(request_id: str) -> Refused:
    return Refused([{"message": "No.", "extensions": {"code": "FORBIDDEN", "requestId": request_id}}])


def stub_desk(settings: Settings) -> Desk:
    """With an `Answering` of ours."""
    desk = Desk(Answering(), settings, Metrics())  # type: ignore[arg-type]  # as much of one as is needed
    desk.services = SimpleNamespace(  # type: ignore[assignment]
        settings=settings,
        access_tokens=AccessTokens(SECRET, LIFETIME),
        issuers=None,
        ended_sessions=EndedSessions(LIFETIME),
    )
    return desk


class Somebody:
    """A person with one session."""

    def __init__(self) -> None:
        self.id = uuid4()
        self.session = uuid4()

    def bearer(self, desk: Desk, *, left: timedelta = LIFETIME, session: Any = None) -> str:
        """An `Authorization` value that is good for that long yet."""
        issued = now() - LIFETIME + left
        return f"Bearer {desk.services.access_tokens.issue(self.id, session or self.session, issued).value}"
