"""How far a database is from what the code declares: alembic's own check sees tables and columns only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from sqlalchemy import create_mock_engine
from sqlalchemy.engine.mock import MockConnection

from kit.inventory import Inventory, compare, read_inventory
from models import events, identity, rooms  # noqa: F401 - tables register themselves
from models.access import OWNER
from models.base import metadata
from models.declared import script

# As alembic makes it, for the revision of a database.
VERSIONS = """
    create table alembic_version (
      version_num varchar(32) not null, constraint alembic_version_pkc primary key (version_num))"""


async def differences(dsn: str) -> list[str]:
    """What a migrated database holds otherwise than declared, one line a thing; nothing if all is well.

    `dsn` is a login that may make databases: the declared state is made in one of its own, which is dropped
    again. Raises asyncpg.InsufficientPrivilegeError for one that may not.
    """
    connection = await asyncpg.connect(dsn)
    try:
        return compare(await read_inventory(connection), await declared_inventory(dsn))
    finally:
        await connection.close()


async def declared_inventory(dsn: str) -> Inventory:
    """What the code declares, as the server of `dsn` would hold it. The server has our roles already."""
    async with scratch_database(dsn) as connection:
        await build(connection)
        return await read_inventory(connection)


async def build(connection: asyncpg.Connection) -> None:
    """Make everything that is declared, as the owner, in a database that has nothing yet."""
    await connection.execute("create extension if not exists vector")
    await connection.execute(f"grant create, usage on schema public to {OWNER}")
    database = await connection.fetchval("select quote_ident(current_database())")
    await connection.execute(f"grant create on database {database} to {OWNER}")
    await connection.execute(f"set role {OWNER}")
    for statement in (VERSIONS, *table_statements(), script()):
        await connection.execute(statement)
    await connection.execute("reset role")


def table_statements() -> list[str]:
    """CREATE TYPE, CREATE TABLE and CREATE INDEX for everything in the metadata."""
    made: list[str] = []

    def keep(clause: Any, *_values: object) -> None:
        made.append(str(clause.compile(dialect=engine.dialect)))

    engine: MockConnection = create_mock_engine("postgresql+asyncpg://", keep)
    metadata.create_all(engine, checkfirst=False)
    return made


@asynccontextmanager
async def scratch_database(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """An empty database beside that of `dsn`, for the length of a block."""
    name = f"crossfade_declared_{uuid4().hex}"
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute(f"create database {name}")
        try:
            connection = await asyncpg.connect(urlunsplit(urlsplit(dsn)._replace(path=f"/{name}")))
            try:
                yield connection
            finally:
                await connection.close()
        finally:
            await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()
