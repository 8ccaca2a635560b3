"""Make a database ready: migrated, with sample people where it has none, and a token for one of them."""

from alembic.util.exc import CommandError
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.databases import UNREACHABLE, Access, DatabaseError, shown, unreachable
from gateway.demo.story import PASSWORD, read_story
from gateway.demo.token import sample_token
from gateway.demo.write import Added, add_sample
from gateway.migrations import current_revision, migrate, newest_revision
from gateway.prepared import Prepared, Sample
from gateway.server_checks import check_server
from kit.clock import now
from kit.db import Database
from kit.settings import Settings
from kit.statements import Record, Statement
from models.access import WORKER
from models.identity import User
from services.identity.passwords import Passwords

HAS_PEOPLE = Statement(select(exists(select(User)).label("found")), Record)


async def prepare(settings: Settings, access: Access) -> Prepared:
    """Do what is missing, and nothing else. Raises DatabaseError."""
    is_migrated = await bring_up_to_date(access)
    added, sample = None, None
    if settings.environment == "development":
        database = await Database.open(access.as_role(WORKER), size=1, application="crossfade up")
        try:
            if not await _has_people(database):
                added = await fill(database)
            sample = await _sample(database, settings)
        finally:
            await database.close()
    return Prepared(newest_revision(), is_migrated, str(added) if added else None, sample)


async def bring_up_to_date(access: Access) -> bool:
    """Migrate; whether there was anything to migrate. Raises DatabaseError.

    Where logins have passwords they are given anew each time: the secret that they come from may be another.
    """
    await check_server(access.dsn)
    try:
        before = await current_revision(access.dsn)
        is_behind = before != newest_revision()
        if is_behind or access.password is not None:
            await migrate(access.dsn, access.password)
    except CommandError:
        raise DatabaseError(
            f"The database {shown(access.dsn)} is of a newer Crossfade (revision {before}). Update this one."
        ) from None
    except SQLAlchemyError as error:
        raise DatabaseError(f"The migration failed and changed nothing: {_first_line(error)}") from error
    except UNREACHABLE as error:
        raise DatabaseError(unreachable(access.dsn, error)) from error
    return is_behind


async def fill(database: Database) -> Added | None:
    """Add the sample data, as the worker's role; None where it is there. Raises DatabaseError."""
    passwords = Passwords(threads=1)
    try:
        return await add_sample(database, read_story(), now(), await passwords.hash(PASSWORD))
    finally:
        passwords.close()


async def _sample(database: Database, settings: Settings) -> Sample | None:
    """None where the sample people are not in the database."""
    first, *others = read_story().people
    token = await sample_token(database, settings, first.id, now())
    if token is None:
        return None
    names = tuple(person.username for person in others)
    return Sample(first.email, first.name, PASSWORD, names, token.value, token.expires_at)


async def _has_people(database: Database) -> bool:
    async with database.read(None) as lease:
        (row,) = await lease.fetch(HAS_PEOPLE)
    return bool(row.found)


def _first_line(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None) or error
    return str(original).splitlines()[0]
