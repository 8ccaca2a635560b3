"""What must hold for every table and every role, now and later."""

import re

import asyncpg
import pytest

from kit.inventory import read_inventory
from models import events, identity, rooms  # noqa: F401 - tables register themselves
from models.access import ACCESS, GATEWAY, OWNER, POLICY, WORKER
from models.base import metadata
from tests.access_table import TABLES

ROLES = {OWNER, GATEWAY, WORKER, POLICY}
FULL = [f"{role.removeprefix('crossfade_')}_all" for role in (OWNER, WORKER, POLICY)]
OPEN = {"grant of usage on schema public to public"}
"""What everybody may: to look into the schema that PostgreSQL makes."""

UNGUARDED = """
    select c.relname::text as name from pg_class c
    where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)
      and c.relkind in ('r', 'p', 'f', 'v', 'm') and c.relname <> 'alembic_version'
      and not (c.relrowsecurity and c.relforcerowsecurity
        and $1::text[] <@ array(select p.polname::text from pg_policy p where p.polrelid = c.oid))
    order by 1"""


async def names(admin, sql, *args):
    return [row["name"] for row in await admin.fetch(sql, *args)]


async def test_every_table_has_row_security_for_its_owner_too_and_its_policies(admin):
    assert await names(admin, UNGUARDED, FULL) == []


@pytest.mark.parametrize(
    "break_it",
    [
        "create table fresh ()",
        "create view fresh as select 1 as one",
        "alter table users rename to fresh; alter table fresh no force row level security",
        "alter table users rename to fresh; alter table fresh disable row level security",
        "alter table users rename to fresh; drop policy worker_all on fresh",
    ],
)
async def test_the_guard_finds_a_table_without(break_it, admin):
    await admin.execute(break_it)
    assert await names(admin, UNGUARDED, FULL) == ["fresh"]


async def test_every_table_has_one_entry_in_access_and_one_in_the_table_of_tests(admin):
    found = await names(
        admin, "select relname::text as name from pg_class where relkind = 'r' and relrowsecurity"
    )
    assert sorted(access.table for access in ACCESS) == sorted(found)
    assert set(TABLES) == set(found)
    assert metadata.tables.keys() <= TABLES.keys()


async def test_every_policy_is_for_one_named_role(admin):
    policies = await admin.fetch("select tablename, policyname, roles::text[] from pg_policies")
    assert [row for row in policies if len(row["roles"]) != 1 or row["roles"][0] not in ROLES] == []
    assert len(policies) == sum(len(access.policies()) for access in ACCESS)


async def test_the_gateways_policies_ask_who_the_viewer_is_once_a_statement(admin):
    """A bare call would be made for each row."""
    sql = """
        select tablename || '.' || policyname as name, concat_ws(' ', qual, with_check) as says
        from pg_policies where roles = array[$1::name]"""
    for row in await admin.fetch(sql, GATEWAY):
        bare = re.sub(r"\(\s*SELECT app\.viewer\(\) AS viewer\)", "", row["says"])
        assert "app.viewer()" not in bare, row["name"]


async def test_nothing_of_ours_is_granted_to_everybody(admin):
    granted = {
        name for name in await read_inventory(admin) if re.match("(default )?grant.* to public$", name)
    }
    assert {name for name in granted if " on type " not in name} == OPEN
    assert [name for name in await read_inventory(admin) if name.startswith("default grants")] == []


async def test_nothing_may_be_passed_on_by_who_was_given_it(admin):
    for privilege in ("select", "insert", "update", "delete"):
        sql = f"""
            select c.relname || ' to ' || r as name from pg_class c, unnest($1::text[]) r
            where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
              and has_table_privilege(r, c.oid, '{privilege} with grant option')"""
        assert await names(admin, sql, [GATEWAY, WORKER, POLICY]) == []


async def test_roles_are_plain_and_only_two_may_log_in(admin):
    rows = await admin.fetch("select * from pg_roles where rolname = any($1)", sorted(ROLES))
    risky = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")
    assert {row["rolname"] for row in rows if any(row[attribute] for attribute in risky)} == set()
    assert {row["rolname"] for row in rows if row["rolcanlogin"]} == {GATEWAY, WORKER}


@pytest.mark.parametrize("role", [GATEWAY, WORKER])
async def test_logins_own_nothing_make_nothing_and_become_nobody_else(role, admin, connect):
    owned = """
        select relname::text as name from pg_class where relowner = $1::text::regrole
        union all select proname from pg_proc where proowner = $1::text::regrole
        union all select nspname from pg_namespace where nspowner = $1::text::regrole"""
    assert await names(admin, owned, role) == []
    connection = await connect(role)
    forbidden = [
        "create table public.mine ()",
        "create function app.mine() returns int language sql return 1",
        "create schema mine",
        "alter table users disable row level security",
        "alter table users add column mine int",
        "create policy mine on users using (true)",
        "truncate users",
        "drop function app.viewer()",
        "select * from alembic_version",
        "copy users to program 'true'",
        *(f"set role {other}" for other in ["postgres", *sorted(ROLES - {role})]),
        "set session authorization postgres",
    ]
    for sql in forbidden:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)


@pytest.mark.parametrize("role", [OWNER, POLICY])
async def test_who_owns_things_cannot_log_in(role, connect):
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await connect(role)
