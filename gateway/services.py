"""What a gateway process is made of, opened in order and closed in reverse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
from sqlalchemy import DateTime, column, func, select

from kit.bus import Bus
from kit.clock import now
from kit.crypto import master_secret
from kit.db import Database
from kit.event_table import EventTable
from kit.hub import ClosedError, Hub, PastGoneError
from kit.settings import Settings
from kit.statements import Record, Statement, param
from resolvers.context import Services
from services.events import SESSIONS, SessionEnded, happening
from services.identity.issuers import IssuerKeys
from services.identity.key_source import FetchRules
from services.identity.passwords import Passwords
from services.identity.sessions import EndedSessions
from services.identity.tokens import AccessTokens

REVOKED = Statement(
    select(column("session"), column("revoked_at")).select_from(
        func.app.revoked_sessions(param("since", DateTime(timezone=True))).table_valued(
            "session", "revoked_at"
        )
    ),
    Record,
)


@dataclass(frozen=True)
class Plug:
    """Where the process is connected to: its database role and its bus."""

    dsn: str
    bus: Bus


@asynccontextmanager
async def open_services(settings: Settings, plug: Plug) -> AsyncIterator[Services]:
    """Everything a gateway needs, for as long as the block runs."""
    lifetime = timedelta(minutes=settings.access_token_minutes)
    async with AsyncExitStack() as stack:
        database = await Database.open(
            plug.dsn, size=settings.database_pool_size, application="crossfade gateway"
        )
        stack.push_async_callback(database.close)
        await plug.bus.start()
        stack.push_async_callback(plug.bus.close)
        hub = Hub(EventTable(database), plug.bus, settings.sweep_seconds)
        await hub.start()
        stack.push_async_callback(hub.close)
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=5))
        rules = FetchRules(is_plain_http_allowed=settings.environment == "development")
        issuers = IssuerKeys(settings.issuers, client, rules)
        stack.push_async_callback(issuers.close)
        passwords = Passwords()
        stack.callback(passwords.close)
        services = Services(
            settings=settings,
            database=database,
            bus=plug.bus,
            hub=hub,
            access_tokens=AccessTokens(master_secret(settings), lifetime),
            passwords=passwords,
            issuers=issuers,
            ended_sessions=EndedSessions(lifetime),
        )
        stack.push_async_callback(_stop, await watch_ended_sessions(services, lifetime))
        yield services


async def watch_ended_sessions(services: Services, lifetime: timedelta) -> asyncio.Task[None]:
    """Learn of sessions that end in any process; once this has returned, none is missed."""
    follower = await services.hub.follow(SESSIONS, None)
    await read_ended_sessions(services, lifetime)

    async def watch() -> None:
        with suppress(ClosedError):
            while True:
                try:
                    happened = await follower.next()
                except PastGoneError:
                    await read_ended_sessions(services, lifetime)
                    continue
                for event in happened:
                    ended = happening(event.kind, event.payload)
                    if isinstance(ended, SessionEnded):
                        services.ended_sessions.add(UUID(ended.session), event.at)

    return asyncio.create_task(watch())


async def read_ended_sessions(services: Services, lifetime: timedelta) -> None:
    """Those whose access tokens may still be good, with a minute for clocks that differ."""
    async with services.database.read(None) as lease:
        for row in await lease.fetch(REVOKED, since=now() - lifetime - timedelta(minutes=1)):
            services.ended_sessions.add(row.session, row.revoked_at)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
