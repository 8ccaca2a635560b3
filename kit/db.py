"""The one door to PostgreSQL: leases for reads, transactions and calls for writes, as the person who asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
import structlog
from pgvector.asyncpg import register_vector

from kit.statements import Call, Record, Statement

log = structlog.get_logger()
R = TypeVar("R", bound=Record)
Connection = asyncpg.pool.PoolConnectionProxy
Observer = Callable[[str], None]
BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a connection says that can no longer be used."""

# Outside any transaction: inside one, a rollback would bring the former viewer back.
ENTER = "select set_config('app.viewer', $1, false), pg_current_snapshot()::text"


# Statements are written so that one plan serves all values (searches plan with theirs, in EXECUTE). Left to
# itself the server takes the generic plan of a page for dearer than it is, and plans anew each time: 0.4 ms.
PLANS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}


class LeaseClosedError(RuntimeError):
    """A read after its operation ended."""


def _unobserved(_sql: str) -> None:
    return


async def _keep(_connection: Any) -> None:
    """In place of asyncpg's reset and its round trip: leases and transactions set the viewer first."""


def _is_open(connection: Connection) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has seen its end before us
        return False


async def prepare_connection(connection: Any) -> None:
    """Teach one new connection jsonb and vectors."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda raw: orjson.loads(raw[1:]),
    )
    await register_vector(connection)


class Database:
    """A pool that nobody else touches. `observe` hears each message sent, for counting and tracing."""

    def __init__(self, pool: asyncpg.Pool, observe: Observer = _unobserved) -> None:
        self._pool = pool
        self._idle: list[Connection] = []
        """Out of the pool and used by nobody: the pool's own way there and back is a task and a shield."""
        self._waiting = 0
        self._returning: set[asyncio.Task[None]] = set()
        self.observe = observe

    @classmethod
    async def open(cls, dsn: str, *, size: int = 10, application: str = "crossfade") -> "Database":
        """Connect. `dsn` names the role whose row policies hold."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            reset=_keep,
            init=prepare_connection,
            statement_cache_size=1000,
            max_cached_statement_lifetime=0,
            record_class=Record,
            server_settings={"application_name": application, **PLANS},
        )
        return cls(pool)

    async def close(self) -> None:
        """Wait for what is still being returned, then disconnect."""
        while self._idle or self._returning:
            while self._idle:
                self.in_background(self._return(self._idle.pop(), rollback=False))
            await asyncio.wait(self._returning)
        await self._pool.close()

    @property
    def in_use(self) -> int:
        """Connections that somebody reads or writes with."""
        return self._pool.get_size() - self._pool.get_idle_size() - len(self._idle)

    def lease(self, viewer: UUID | None) -> "Lease":
        """Read as `viewer`; None is nobody. No connection is taken before the first statement."""
        return Lease(self, viewer)

    @asynccontextmanager
    async def read(self, viewer: UUID | None) -> AsyncIterator["Lease"]:
        """A lease for the length of a block."""
        lease = self.lease(viewer)
        try:
            yield lease
        finally:
            lease.close()

    @asynccontextmanager
    async def write(self, viewer: UUID | None, first: str = "") -> AsyncIterator["Transaction"]:
        """One READ COMMITTED transaction as `viewer`; commits unless the block raises.

        `first` is SQL without parameters that goes with the beginning, in one message.
        """
        connection = await self.acquire()
        begun, is_clean = False, False
        try:
            # One message. `viewer` is a UUID object, so quoting it by hand is safe.
            begin = f"begin; set local app.viewer = '{viewer or ''}'{first}"
            self.observe(begin)
            begun = True
            await connection.execute(begin)
            yield Transaction(self, connection)
            self.observe("commit")
            await connection.execute("commit")
            begun, is_clean = False, True
        finally:
            if begun:
                self.observe("rollback")
            self.give_back(connection, rollback=begun, is_clean=is_clean)

    async def call(self, viewer: UUID | None, call: Call[R], **values: Any) -> R:
        """Run a function that is a whole transaction, as `viewer`: one message, and its row.

        It says itself who asks, and what it says ends with it, however it ends.
        """
        connection, is_clean = await self.acquire(), False
        try:
            self.observe(call.sql)
            args = call.args({"viewer": viewer, **values})
            rows: list[R] = await connection.fetch(call.sql, *args, record_class=call.row)
            is_clean = True
        finally:
            self.give_back(connection, is_clean=is_clean)
        return rows[0]

    def give_back(self, connection: Connection, *, rollback: bool = False, is_clean: bool = False) -> None:
        """Let others have a connection. Never waits, so that no cancellation can interrupt it.

        `is_clean`: its last statement ended as it should. Any other goes back through the pool, which waits
        for what was cancelled, in a task that nobody awaits.
        """
        if is_clean and not self._waiting and _is_open(connection):
            self._idle.append(connection)
        else:
            self.in_background(self._return(connection, rollback=rollback))

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run to the end, whatever happens to who asked; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def acquire(self) -> Connection:
        """For leases only (a guard sees to it)."""
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection
            self.in_background(self._return(connection, rollback=False))
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def _return(self, connection: Connection, *, rollback: bool) -> None:
        try:
            if rollback:
                await connection.execute("rollback")
            await self._pool.release(connection)
        except BROKEN as error:
            log.warning("connection_lost_on_release", error=type(error).__name__)
            with suppress(asyncpg.InterfaceError):  # what has left the pool by itself is no longer ours
                connection.terminate()


class Lease:
    """One connection for one read operation. Statements of siblings queue; closing never waits."""

    def __init__(self, database: Database, viewer: UUID | None) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self._is_closed = False
        self._is_clean = True
        self.viewer = viewer
        self.snapshot = ""
        """What was visible before the first read: `pg_snapshot` as text, known after `enter`."""

    async def enter(self) -> str:
        """Take the connection now, and say what is visible from here on."""
        async with self._lock:
            await self._entered()
        return self.snapshot

    async def fetch(self, statement: Statement[R], **values: Any) -> list[R]:
        """All rows of one statement."""
        args = statement.args(values)
        async with self._lock:
            connection = await self._entered()
            self._database.observe(statement.sql)
            self._is_clean = False
            rows: list[R] = await connection.fetch(statement.sql, *args, record_class=statement.row)
            self._is_clean = True
            return rows

    async def fetchrow(self, statement: Statement[R], **values: Any) -> R | None:
        """The first row, or None."""
        rows = await self.fetch(statement, **values)
        return rows[0] if rows else None

    async def turn(self) -> None:
        """Until the statements that were asked for before have been answered."""
        if self._lock.locked():
            async with self._lock:
                pass

    def close(self) -> None:
        """End the lease now: later reads raise, the connection goes back after the last statement."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._lock.locked():
            self._database.in_background(self._close_after_last())
        else:
            self._release()

    async def _entered(self) -> Connection:
        if self._is_closed:
            raise LeaseClosedError("this operation has ended")
        if self._connection is None:
            connection = await self._database.acquire()
            try:
                self._database.observe(ENTER)
                row = await connection.fetchrow(ENTER, str(self.viewer or ""))
                self.snapshot = row[1]  # type: ignore[index]
            except BaseException:
                self._database.give_back(connection)
                raise
            self._connection = connection
        return self._connection

    async def _close_after_last(self) -> None:
        async with self._lock:
            self._release()

    def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._database.give_back(connection, is_clean=self._is_clean)


class Transaction:
    """What a write may send; only `Database.write` makes one."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self.connection = connection
        """For the queue, which writes its jobs in the same transaction."""

    async def fetch(self, statement: Statement[R], **values: Any) -> list[R]:
        """All rows of one statement."""
        self._database.observe(statement.sql)
        return await self.connection.fetch(statement.sql, *statement.args(values), record_class=statement.row)

    async def fetchrow(self, statement: Statement[R], **values: Any) -> R | None:
        """The first row, or None."""
        rows = await self.fetch(statement, **values)
        return rows[0] if rows else None

    async def many(self, statement: Statement[R], rows: Sequence[dict[str, Any]]) -> None:
        """One statement for many rows of parameters."""
        self._database.observe(statement.sql)
        await self.connection.executemany(statement.sql, [statement.args(row) for row in rows])
