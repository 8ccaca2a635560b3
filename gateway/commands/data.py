"""`crossfade migrate` and `crossfade demo`: bring a database to the present, and put sample data into it."""

import asyncio

import typer

from gateway.databases import DatabaseError, check_migrated, opened, shown
from gateway.demo.story import PASSWORD, read_story
from gateway.demo.write import Added
from gateway.migrations import newest_revision
from gateway.prepare import bring_up_to_date, fill
from kit.db import Database
from kit.settings import Settings
from models.access import WORKER


def migrate(settings: Settings) -> int:
    """Bring the database to the newest revision."""
    with opened(settings) as access:
        is_migrated = asyncio.run(bring_up_to_date(access))
    now = "is now" if is_migrated else "was already"
    typer.echo(f"The database {shown(access.dsn)} {now} at revision {newest_revision()}.")
    return 0


def demo(settings: Settings) -> int:
    """Add the sample people with their rooms; a second time adds nothing."""
    if settings.environment == "production":
        raise DatabaseError("The sample people have a published password: not in production.")
    with opened(settings) as access:
        added = asyncio.run(_fill(access.as_role(WORKER)))
    if added is None:
        typer.echo("The sample people are there already; nothing was added.")
        return 0
    first = read_story().people[0]
    typer.echo(f"Added {added}.")
    typer.echo(f"Sign in as {first.email} with the password {PASSWORD} (all of them have it).")
    return 0


async def _fill(dsn: str) -> Added | None:
    await check_migrated(dsn)
    database = await Database.open(dsn, size=1, application="crossfade demo")
    try:
        return await fill(database)
    finally:
        await database.close()
