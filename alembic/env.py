"""How migrations meet the database: as the owner, over the driver that the product uses."""

import asyncio
import os

import asyncpg
import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from models import events, identity, rooms  # noqa: F401 - tables register themselves
from models.access import OWNER
from models.base import metadata
from models.events import Xid8

ischema_names["xid8"] = Xid8


def dsn() -> str:
    """Given by `crossfade migrate`; from the environment where alembic itself is run."""
    return str(context.config.attributes.get("dsn") or os.environ["DATABASE_URL"])


def is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """The queue's tables are its library's, not ours to compare."""
    return not (kind == "table" and name is not None and name not in metadata.tables)


def render(kind: str, value: object, autogen: AutogenContext) -> str | bool:
    """Types that alembic cannot spell by itself."""
    if kind == "type" and isinstance(value, Xid8):
        autogen.imports.add("from models.events import Xid8")
        return "Xid8()"
    return False


def migrate(connection: sa.Connection) -> None:
    """Everything in one transaction, as the owner; a busy table is an error, not a stop of the product."""
    connection.exec_driver_sql(f"set role {OWNER}")
    connection.exec_driver_sql("set lock_timeout = '10s'")
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=is_ours,
        render_item=render,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run() -> None:
    """Connect, migrate, disconnect."""
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn()), poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(run())
