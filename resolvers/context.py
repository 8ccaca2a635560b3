"""What an operation knows: who asks, how to read as them, and the services of the process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import strawberry
import structlog
from sqlalchemy import ARRAY, String, Uuid, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from kit.bus import Bus, Signal
from kit.db import Database, Transaction
from kit.errors import Problem, ProblemCode, Refusal, Unauthenticated
from kit.hub import Hub
from kit.settings import Settings
from kit.statements import Call, Record, Statement, param
from resolvers.loaders import Loaders
from services.events import Happening, room_topic
from services.identity.issuers import IssuerKeys
from services.identity.known import KnownIdentities
from services.identity.passwords import Passwords
from services.identity.sessions import EndedSessions
from services.identity.tokens import AccessTokens

log = structlog.get_logger()
R = TypeVar("R", bound=Record)

EMIT = Statement(
    select(column("topic"), column("seq")).select_from(
        func.app.emit(
            param("topics", ARRAY(String())),
            param("kinds", ARRAY(String())),
            param("payloads", ARRAY(JSONB())),
            param("origin", Uuid()),
        ).table_valued("topic", "seq")
    ),
    Record,
)


@dataclass(frozen=True)
class Viewer:
    """Who asks, as their token says. An outside issuer's token has no session of ours."""

    user_id: UUID
    session_id: UUID | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Request:
    """What the transport knows of the caller."""

    address: str = ""
    user_agent: str | None = None
    refresh_cookie: str | None = None
    set_refresh_cookie: Callable[[str | None, datetime | None], None] | None = None
    """None where no cookie can be set (a socket). A token of None takes the cookie away."""
    set_access_cookie: Callable[[str | None, datetime | None], None] | None = None
    """The same for the access token: a browser's EventSource cannot send headers."""


@dataclass(frozen=True)
class Services:
    """What a process has one of."""

    settings: Settings
    database: Database
    bus: Bus
    hub: Hub
    access_tokens: AccessTokens
    passwords: Passwords
    issuers: IssuerKeys
    ended_sessions: EndedSessions
    known_identities: KnownIdentities = field(default_factory=KnownIdentities)


class Write:
    """One transaction and what it will report once it is committed."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.fetch = transaction.fetch
        self.fetchrow = transaction.fetchrow
        self._happened: list[tuple[str, Happening]] = []
        self.origin: UUID | None = None

    def emit(self, topic: str, happening: Happening) -> None:
        """Report it on a topic. All reports go out together, as the last statement."""
        self._happened.append((topic, happening))

    async def report(self) -> list[Signal]:
        """Write the events; the signals are for after the commit."""
        if not self._happened:
            return []
        rows = await self.fetch(
            EMIT,
            topics=[topic for topic, _ in self._happened],
            kinds=[happening.kind for _, happening in self._happened],
            payloads=[happening.payload() for _, happening in self._happened],
            origin=self.origin,
        )
        return [Signal(row.topic, row.seq) for row in rows]


@dataclass
class Context:
    """One operation, or one event of a stream: its own lease, its own loaders."""

    services: Services
    viewer: Viewer | None
    request: Request
    request_id: str
    refused: Refusal | None = None
    """Why the token that came with it is no good, if one came."""
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self._open()

    @property
    def user_id(self) -> UUID:
        """Who asks. Raises Unauthenticated."""
        if self.viewer is None:
            raise self.refused or Unauthenticated("Sign in first.")
        return self.viewer.user_id

    def renew(self) -> None:
        """Forget what was read: after a write, and for each event of a stream."""
        self.close()
        self._open()

    def seen_by(self, viewer: Viewer | None) -> "Context":
        """The same reads, shared, for another person: what depends on who asks is keyed by who that is."""
        other = copy(self)
        other.viewer = viewer
        return other

    def become(self, viewer: Viewer | None) -> None:
        """Go on as somebody else: who just signed in or out."""
        self.viewer = viewer
        self.renew()

    def close(self) -> None:
        """End the operation; later reads raise."""
        self.loaders.lease.close()

    @asynccontextmanager
    async def write(self, *, origin: UUID | None = None, room: UUID | None = None) -> AsyncIterator[Write]:
        """A transaction as the viewer. What it emits is published after its commit; reads begin anew.

        One that changes rows which the senders of a room lock too names the `room`, and takes its turn first.
        """
        viewer = self.viewer.user_id if self.viewer else None
        # A UUID object, so quoting it by hand is safe.
        hold = f"; select app.hold_topics(array['{room_topic(room)}'])" if room else ""
        # An operation holds one connection at a time: two would be a deadlock where all are taken.
        self.close()
        try:
            async with self.services.database.write(viewer, hold) as transaction:
                write = Write(transaction)
                write.origin = origin
                yield write
                signals = await write.report()
        except (asyncpg.ForeignKeyViolationError, asyncpg.InsufficientPrivilegeError) as error:
            raise _overtaken(error) from None
        finally:
            self.renew()
        await self.services.bus.publish(signals)

    async def call(self, call: Call[R], **values: Any) -> R:
        """A function that is a whole transaction, as the viewer: its row. Reads begin anew."""
        self.close()  # as in `write`
        try:
            viewer = self.viewer.user_id if self.viewer else None
            return await self.services.database.call(viewer, call, **values)
        except (asyncpg.ForeignKeyViolationError, asyncpg.InsufficientPrivilegeError) as error:
            raise _overtaken(error) from None
        finally:
            self.renew()

    def _open(self) -> None:
        viewer = self.viewer.user_id if self.viewer else None
        self.loaders = Loaders(self.services.database.lease(viewer))


def is_overtaken(error: asyncpg.PostgresError) -> bool:
    """Whether what was checked a moment ago is gone or out of reach; a missing grant is a fault of ours."""
    return isinstance(error, asyncpg.ForeignKeyViolationError) or "row-level security" in str(error)


def _overtaken(error: asyncpg.PostgresError) -> Exception:
    if not is_overtaken(error):
        return error
    log.info("write_overtaken", reason=str(error))
    return Problem(ProblemCode.NOT_FOUND, "It has just gone, or is no longer for you.")


Info = strawberry.Info[Context, None]
