"""Bring a database to the present: roles, extension, tables, by whoever starts first."""

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from gateway.databases import role_dsn
from models.access import GATEWAY, OWNER, POLICY, WORKER

__all__ = ["alembic_config", "current_revision", "make_roles", "migrate", "newest_revision", "role_dsn"]

ROOT = Path(__file__).resolve().parent.parent
LOCK = 0x63726F7373  # "cross": one migration at a time in a database
LOGINS = (GATEWAY, WORKER)


def alembic_config(dsn: str) -> Config:
    """Alembic, as pyproject.toml sets it."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["dsn"] = dsn
    return config


def newest_revision() -> str:
    """Where the code expects a database to be."""
    return ScriptDirectory.from_config(alembic_config("")).get_current_head() or ""


async def current_revision(dsn: str) -> str | None:
    """Where a database is; None before its first migration."""
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("select to_regclass('public.alembic_version')") is None:
            return None
        revision = await connection.fetchval("select version_num from public.alembic_version")
        return str(revision) if revision else None
    finally:
        await connection.close()


async def migrate(dsn: str, password: str | None) -> None:
    """Migrate the database of `dsn` (a login that may make roles) to the newest revision.

    Safe to run twice and at the same time. `password` is given to the login roles; None leaves them without.
    """
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        await make_roles(connection, password)
        await connection.execute("create extension if not exists vector")
        await connection.execute(f"grant create, usage on schema public to {OWNER}")
        database = await connection.fetchval("select quote_ident(current_database())")
        await connection.execute(f"grant create on database {database} to {OWNER}")
        await asyncio.to_thread(command.upgrade, alembic_config(dsn), "head")
    finally:
        await connection.close()


async def make_roles(connection: asyncpg.Connection, password: str | None) -> None:
    """Roles belong to the whole server, so they are made outside the migrations of one database."""
    me = await connection.fetchval("select quote_ident(current_user)")
    for role in (OWNER, POLICY, *LOGINS):
        await connection.execute(f"""
            do $$ begin
              if not exists (select from pg_roles where rolname = '{role}') then
                create role {role};
              end if;
            exception when duplicate_object or unique_violation then null;
            end $$""")
    secret = await connection.fetchval("select quote_literal($1::text)", password) if password else "null"
    for role in LOGINS:
        await connection.execute(f"alter role {role} login password {secret}")
        # Asked first: to say it of a role is a superuser's right, and managed servers have none to give.
        if await connection.fetchval(
            "select rolsuper or rolbypassrls from pg_roles where rolname = $1", role
        ):
            await connection.execute(f"alter role {role} nosuperuser nobypassrls")
    if not await connection.fetchval("select pg_has_role($1, $2, 'SET')", OWNER, POLICY):
        await connection.execute(f"grant {POLICY} to {OWNER}")
    if not await connection.fetchval("select pg_has_role($1, 'SET')", OWNER):
        await connection.execute(f"grant {OWNER} to {me}")
