"""Whether a PostgreSQL server can carry the product."""

from dataclasses import dataclass

import asyncpg

from gateway.databases import DatabaseError, connect, shown

OLDEST_SERVER = 16
OLDEST_VECTOR = (0, 8)
EXTENSION = "select installed_version, default_version from pg_available_extensions where name = 'vector'"


@dataclass(frozen=True)
class Finding:
    """What one look at one thing came to."""

    thing: str
    sentence: str
    is_good: bool = True


def wrong(thing: str, sentence: str) -> Finding:
    """Something to put right."""
    return Finding(thing, sentence, is_good=False)


async def check_server(dsn: str) -> None:
    """Raises DatabaseError where the server cannot carry the product."""
    connection = await connect(dsn)
    try:
        for finding in await look_at_server(connection, dsn):
            if not finding.is_good:
                raise DatabaseError(finding.sentence)
    finally:
        await connection.close()


async def look_at_server(connection: asyncpg.Connection, dsn: str) -> list[Finding]:
    """Versions of the server and of pgvector."""
    version = connection.get_server_version()
    if version.major < OLDEST_SERVER:
        old = f"{shown(dsn)} is PostgreSQL {version.major}; {OLDEST_SERVER} or newer is needed."
        return [wrong("database", old)]
    extension = await connection.fetchrow(EXTENSION)
    return [
        Finding("database", f"PostgreSQL {version.major}.{version.micro}, {shown(dsn)}."),
        _vector(*(extension or (None, None))),
    ]


def _vector(installed: str | None, available: str | None) -> Finding:
    if available is None:
        return wrong("pgvector", "The server has no extension `vector`. Install pgvector 0.8 or newer there.")
    if _version(available) < OLDEST_VECTOR:
        return wrong("pgvector", f"The server has pgvector {available}. Install 0.8 or newer there.")
    if installed is not None and _version(installed) < OLDEST_VECTOR:
        return wrong("pgvector", f"{installed} is in use; run `alter extension vector update` ({available}).")
    return Finding("pgvector", f"{installed or available}.")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])
