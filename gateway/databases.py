"""Which database a process works with: that of DATABASE_URL, or the embedded one of the data folder."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import asyncpg

from gateway.cluster import EmbeddedError
from gateway.embedded import EmbeddedPostgres
from kit.crypto import derive_key, master_secret
from kit.settings import Settings

NAME = "crossfade"
"""Of the database in an embedded server."""
CONNECT_SECONDS = 10
UNREACHABLE = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What a driver says of a database that cannot be used."""


class DatabaseError(Exception):
    """The database cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True)
class Access:
    """A database, and a login that may migrate it.

    `password` is that of the product's own roles; None where the socket is trusted (embedded).
    """

    dsn: str
    password: str | None

    def as_role(self, role: str) -> str:
        """The DSN of one of the product's roles."""
        return role_dsn(self.dsn, role, self.password)


def role_dsn(admin_dsn: str, role: str, password: str | None) -> str:
    """The same database for another role. A password of None trusts the socket (embedded)."""
    parts = urlsplit(admin_dsn)
    host = parts.netloc.rpartition("@")[2]
    login = quote(role) + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{login}@{host}"))


def external(settings: Settings, url: str) -> Access:
    """A database of the operator's. Every process derives the same passwords from the same secret."""
    return Access(url, derive_key(master_secret(settings), "database-role").hex())


def embedded_server(settings: Settings) -> EmbeddedPostgres:
    """The server of the data folder."""
    return EmbeddedPostgres(settings.data_folder / "postgres")


def existing(settings: Settings) -> Access:
    """Where the database should be; an embedded one is not started. Raises DatabaseError where none was."""
    if settings.database_url:
        return external(settings, settings.database_url)
    try:
        return Access(embedded_server(settings).dsn(NAME), None)
    except EmbeddedError as error:
        raise DatabaseError(f"{error} `crossfade up` makes one, and DATABASE_URL names another.") from error


@contextmanager
def opened(settings: Settings) -> Iterator[Access]:
    """A database for the length of a command; an embedded one that nobody runs is started, and stopped again.

    Raises EmbeddedError and DatabaseError.
    """
    if settings.database_url:
        yield external(settings, settings.database_url)
        return
    server = embedded_server(settings)
    try:
        server.start()
    except EmbeddedError:
        # `crossfade up` may be running it.
        if not asyncio.run(answers(server.dsn())):
            raise
    try:
        asyncio.run(create_embedded(server))
        yield Access(server.dsn(NAME), None)
    finally:
        server.stop()


async def answers(dsn: str) -> bool:
    """Whether a database lets us in."""
    try:
        await (await connect(dsn)).close()
    except DatabaseError:
        return False
    return True


async def create_embedded(server: EmbeddedPostgres) -> None:
    """Make the database of an embedded server if it is not there. Raises DatabaseError."""
    if await answers(server.dsn(NAME)):
        return
    connection = await connect(server.dsn())
    try:
        await connection.execute(f"create database {NAME}")
    except asyncpg.DuplicateDatabaseError:
        return
    finally:
        await connection.close()


async def connect(dsn: str) -> asyncpg.Connection:
    """One connection, outside any pool. Raises DatabaseError."""
    try:
        return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS)
    except UNREACHABLE as error:
        raise DatabaseError(unreachable(dsn, error)) from error


async def check_migrated(dsn: str) -> None:
    """Raises DatabaseError where no gateway or worker can work with the database of this DSN."""
    connection = await connect(dsn)
    try:
        if await connection.fetchval("select to_regnamespace('app') is null"):
            raise DatabaseError(f"The database {shown(dsn)} has no tables yet. Run `crossfade migrate`.")
    finally:
        await connection.close()


def checked(dsn: str) -> str:
    """The DSN of a database that `check_migrated` is content with. Raises DatabaseError."""
    asyncio.run(check_migrated(dsn))
    return dsn


def shown(dsn: str) -> str:
    """A database as it may be written down: without its login."""
    parts = urlsplit(dsn)
    server = parts.netloc.rpartition("@")[2] or parse_qs(parts.query).get("host", ["localhost"])[0]
    return f"{parts.path.lstrip('/') or 'the default database'} at {server}"


def unreachable(dsn: str, error: BaseException) -> str:
    """Why a database does not let us in, and what to do, in one line."""
    where, login = shown(dsn), urlsplit(dsn).username or "the default login"
    words = str(getattr(error, "message", None) or error) or type(error).__name__
    reason = " ".join(words.split()).rstrip(".")
    sentences: dict[type[BaseException] | tuple[type[BaseException], ...], str] = {
        asyncpg.InvalidCatalogNameError: f"There is no database {where}. Create it, or correct DATABASE_URL.",
        asyncpg.InvalidAuthorizationSpecificationError: (
            f"The database {where} does not let {login} in ({reason}). Correct DATABASE_URL; if it is a role"
            " of Crossfade, run `crossfade migrate` with this CROSSFADE_SECRET_KEY."
        ),
        FileNotFoundError: (
            f"No PostgreSQL runs at {where}. Start it; `crossfade up` starts the embedded one."
        ),
        TimeoutError: (
            f"The database {where} does not answer within {CONNECT_SECONDS} s. Is a firewall between?"
        ),
        (OSError, asyncpg.CannotConnectNowError): (
            f"The database {where} cannot be reached ({reason}). Start it, or correct DATABASE_URL."
        ),
        asyncpg.InterfaceError: f"DATABASE_URL cannot be used ({reason}).",
    }
    found = (sentence for kind, sentence in sentences.items() if isinstance(error, kind))
    return next(found, f"The database {where} refuses: {reason}.")
