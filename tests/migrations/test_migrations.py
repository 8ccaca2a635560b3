"""Migrations lead to what is declared, and back, whoever runs them."""

import asyncio
import os
import sys

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from gateway.drift import differences, scratch_database
from gateway.migrations import ROOT, alembic_config, current_revision, migrate, newest_revision
from kit.inventory import compare, read_inventory

MIGRATE = (
    "import asyncio, sys; from gateway.migrations import migrate; asyncio.run(migrate(sys.argv[1], None))"
)

MAKING = """
    select count(*) from pg_locks l join pg_stat_activity a using (pid)
    where a.datname = current_database() and l.mode = 'AccessExclusiveLock' and pid <> pg_backend_pid()"""


async def inventory(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        return await read_inventory(connection)
    finally:
        await connection.close()


async def in_a_process_of_its_own(dsn):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-W", "error", "-c", MIGRATE, dsn),
        cwd=ROOT,
        env=os.environ,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return process.returncode, said.decode()


async def test_a_migrated_database_holds_exactly_what_is_declared(database_url):
    assert await differences(database_url) == []


async def test_what_differs_is_told(database_url, admin):
    await admin.execute("drop index ix_users_username_key_prefix")
    assert await differences(database_url) == ["missing: index public.ix_users_username_key_prefix"]


async def test_the_database_of_the_comparison_is_dropped_whatever_happens(database_url, admin):
    async def fail(names):
        async with scratch_database(database_url) as connection:
            names.append(await connection.fetchval("select current_database()"))
            await connection.execute("select 1 / 0")

    names = []
    with pytest.raises(asyncpg.DivisionByZeroError):
        await fail(names)
    assert names[0].startswith("crossfade_declared_")
    assert await admin.fetchval("select count(*) from pg_database where datname = any($1)", names) == 0


async def test_alembic_finds_nothing_to_migrate(database_url):
    await asyncio.to_thread(command.check, alembic_config(database_url))


async def test_the_default_room_is_there_once_and_for_everybody(admin):
    rows = await admin.fetch("select name, is_private, member_count from chat_rooms where is_default_room")
    assert [tuple(row) for row in rows] == [("General Music Chat", False, 0)]


async def test_down_leaves_nothing_and_up_again_the_same(turn, database_url):
    before = await inventory(database_url)
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), "base")
    left = {name for name in await inventory(database_url) if not name.startswith(("grant ", "default "))}
    assert left == {
        "schema public",
        "extension plpgsql",
        "extension vector",
        "table public.alembic_version",
        "column public.alembic_version.version_num",
        "constraint public.alembic_version.alembic_version_pkc",
        "index public.alembic_version_pkc",
    }
    await migrate(database_url, None)
    assert compare(await inventory(database_url), before) == []


async def test_each_step_down_leads_to_where_the_former_step_up_had_led(turn, database_url):
    config = alembic_config(database_url)
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    await migrate(database_url, None)  # the rights that a copy of a database has not
    await asyncio.to_thread(command.downgrade, config, "base")
    for revision in reversed(steps):
        former = await inventory(database_url)
        await asyncio.to_thread(command.upgrade, config, revision)
        if revision != steps[-1]:
            await asyncio.to_thread(command.downgrade, config, "-1")
            assert compare(await inventory(database_url), former) == []
            await asyncio.to_thread(command.upgrade, config, revision)
    assert await differences(database_url) == []


async def test_a_second_migration_changes_nothing(turn, database_url, admin):
    await admin.execute("delete from chat_rooms")
    before = await inventory(database_url)
    await migrate(database_url, None)
    assert compare(await inventory(database_url), before) == []
    assert await admin.fetchval("select count(*) from chat_rooms") == 0


async def test_processes_that_migrate_at_once_take_turns(turn, empty_url, database_url):
    assert await current_revision(empty_url) is None
    results = await asyncio.gather(*(in_a_process_of_its_own(empty_url) for _ in range(3)))
    assert [code for code, _ in results] == [0, 0, 0], results
    assert await current_revision(empty_url) == newest_revision()
    assert compare(await inventory(empty_url), await inventory(database_url)) == []


async def test_a_migration_that_is_killed_leaves_nothing_and_the_next_one_ends_it(turn, empty_url):
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, empty_url, cwd=ROOT)
    connection = await asyncpg.connect(empty_url)
    # As soon as it makes something, its transaction holds locks on it.
    while not await connection.fetchval(MAKING):  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.01)
    process.kill()
    await process.wait()
    assert await connection.fetchval("select to_regclass('users')") is None
    await connection.close()
    await migrate(empty_url, None)
    assert await current_revision(empty_url) == newest_revision()
