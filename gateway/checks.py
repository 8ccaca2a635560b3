"""What `crossfade doctor` looks at; a finding is a sentence that says what to do where something is wrong."""

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

import asyncpg
from alembic.script import ScriptDirectory

from gateway.cluster import EmbeddedError
from gateway.databases import Access, DatabaseError, answers, connect, embedded_server, existing
from gateway.ide import IDE
from gateway.listening import ListenError, listen
from gateway.migrations import alembic_config, current_revision, newest_revision
from gateway.server_checks import Finding, look_at_server, wrong
from kit.crypto import master_secret
from kit.settings import Settings, SettingsError
from models.access import GATEWAY, OWNER, POLICY, WORKER


async def examine(settings: Settings, given: Collection[str], ide: Path = IDE) -> list[Finding]:
    """Everything, in the order in which one would put it right. `given` are the names of settings."""
    return [
        _names(given),
        _secret(settings),
        _data_folder(settings.data_folder),
        _port(settings),
        *await _database(settings),
        _graphiql(settings, ide),
    ]


def given_settings(environment: Mapping[str, str], folder: Path) -> set[str]:
    """The names of all settings in an environment, and in the `.env` of a folder."""
    names = set(environment)
    env = folder / ".env"
    if env.is_file():
        lines = map(str.strip, env.read_text(encoding="utf-8").splitlines())
        names |= {line.removeprefix("export ").partition("=")[0].strip() for line in lines}
    return {name for name in names if name.upper().startswith("CROSSFADE_")}


def _names(given: Collection[str]) -> Finding:
    """A misspelt setting has no effect, and nothing else would say so."""
    known = {f"CROSSFADE_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in given if name.upper().partition("__")[0] not in known)
    if unknown:
        return wrong("settings", f"There is no setting {', '.join(unknown)}; see docs/operations.md.")
    return Finding("settings", f"{len(given)} given, all of them known.")


def _secret(settings: Settings) -> Finding:
    kept = settings.data_folder / "secret.key"
    is_kept = settings.secret_key is None and settings.environment == "development"
    if is_kept and not kept.exists():
        return Finding("secret", f"None yet; the first start makes one in {kept}.")
    try:
        master_secret(settings)
    except SettingsError as error:
        return wrong("secret", f"{error}.")
    return Finding("secret", f"Kept in {kept}." if is_kept else "Given as CROSSFADE_SECRET_KEY.")


def _data_folder(folder: Path) -> Finding:
    try:
        existing_folder = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        with tempfile.TemporaryFile(dir=existing_folder):
            return Finding("data folder", f"{folder} can be written.")
    except OSError as error:
        return wrong(
            "data folder",
            f"{folder} cannot be written ({error.strerror}). Give it to who runs Crossfade, or set another"
            " folder as CROSSFADE_DATA_FOLDER.",
        )


def _port(settings: Settings) -> Finding:
    try:
        listen(settings.host, settings.port).close()
    except ListenError as error:
        if error.is_ours:
            return Finding("port", f"A Crossfade gateway answers on port {settings.port}.")
        return wrong("port", str(error))
    return Finding("port", f"Port {settings.port} of {settings.host} is free.")


async def _database(settings: Settings) -> list[Finding]:
    if settings.database_url is None:
        try:
            dsn = embedded_server(settings).dsn()
        except EmbeddedError as error:
            is_new = not (settings.data_folder / "postgres" / "home").exists()
            said = "None yet; `crossfade up` makes one." if is_new else str(error)
            return [Finding("database", said, is_good=is_new)]
        if not await answers(dsn):
            return [Finding("database", "The embedded one is not running; `crossfade up` starts it.")]
    try:
        access = existing(settings)
        connection = await connect(access.dsn)
    except (DatabaseError, SettingsError) as error:
        return [wrong("database", str(error))]
    try:
        return [
            *await look_at_server(connection, access.dsn),
            await _roles(connection, access),
            await _revision(access),
        ]
    finally:
        await connection.close()


async def _roles(connection: asyncpg.Connection, access: Access) -> Finding:
    needed = {OWNER, GATEWAY, WORKER, POLICY}
    found = await connection.fetch("select rolname from pg_roles where rolname = any($1)", list(needed))
    missing = sorted(needed - {row["rolname"] for row in found})
    if missing:
        return wrong("roles", f"{', '.join(missing)}: missing. Run `crossfade migrate`.")
    for role in (GATEWAY, WORKER):
        try:
            await (await connect(access.as_role(role))).close()
        except DatabaseError as error:
            return wrong("roles", str(error))
    return Finding("roles", "All four are there, and two can sign in.")


async def _revision(access: Access) -> Finding:
    current, newest = await current_revision(access.dsn), newest_revision()
    if current == newest:
        return Finding("tables", f"At revision {newest}, as they should be.")
    if current is None:
        return wrong("tables", "There are none yet. Run `crossfade migrate`.")
    scripts = ScriptDirectory.from_config(alembic_config(""))
    if current in {script.revision for script in scripts.walk_revisions()}:
        return wrong("tables", f"At revision {current}, not {newest}. Run `crossfade migrate`.")
    return wrong("tables", f"At revision {current}, of a newer Crossfade. Update this one.")


def _graphiql(settings: Settings, ide: Path) -> Finding:
    if not settings.is_graphiql_on:
        return Finding("graphiql", "Switched off.")
    if not (ide / "dist" / "index.html").is_file():
        return wrong("graphiql", "Not installed. Run `.venv/bin/python -m gateway.ide install`.")
    return Finding("graphiql", "Installed.")
