"""A PostgreSQL connection of one's own, outside the pool, opened again whenever it is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
import structlog

from kit.backoff import delays

log = structlog.get_logger()
T = TypeVar("T")
Connection = asyncpg.Connection
Prepare = Callable[[Any], Awaitable[None]]

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
"""For one statement; a server that is silent for longer is taken for lost."""
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,  # what a cut between two messages of a statement becomes
)


async def _nothing(_connection: Any) -> None:
    return


class OwnConnection:
    """One connection, used by one task at a time; an outage is waited out and logged once."""

    def __init__(self, dsn: str, application: str, prepare: Prepare = _nothing) -> None:
        self._dsn = dsn
        self._application = application
        self._prepare = prepare
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()
        self._is_lost = False

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do `work`, all of it again if the connection is lost on the way: it must bear being done twice."""
        async with self._lock:
            while True:
                connection = await self._opened()
                try:
                    return await work(connection)
                except FAILURES as error:
                    if not (isinstance(error, LOST) or connection.is_closed()):
                        raise
                    self._note_loss(error)
                    connection.terminate()

    async def opened(self) -> Connection:
        """The connection, once there is one."""
        async with self._lock:
            return await self._opened()

    async def close(self) -> None:
        """Disconnect; whoever uses the connection has stopped before."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await connection.close(timeout=2)
        except FAILURES:
            connection.terminate()

    async def _opened(self) -> Connection:
        """What is open, or a new one, however long that takes."""
        waits = delays(0.1, 5.0)
        while self._connection is None or self._connection.is_closed():
            if self._connection is not None:
                self._note_loss(None)
            try:
                self._connection = await self._open()
            except FAILURES as error:
                self._note_loss(error)
                await asyncio.sleep(next(waits))
        if self._is_lost:
            self._is_lost = False
            log.info("connection_restored", of=self._application)
        return self._connection

    async def _open(self) -> Connection:
        settings = {"application_name": self._application}
        connection = await asyncpg.connect(
            self._dsn, timeout=CONNECT_SECONDS, command_timeout=ANSWER_SECONDS, server_settings=settings
        )
        try:
            await self._prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _note_loss(self, error: Exception | None) -> None:
        """Once an outage, however many tries it takes."""
        if not self._is_lost:
            self._is_lost = True
            log.warning("connection_lost", of=self._application, error=repr(error))
