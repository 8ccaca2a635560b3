"""The doctor finds each thing that can be wrong, says so in words, and says what to do."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from typer.testing import CliRunner

from gateway import checks
from gateway.checks import examine, given_settings
from gateway.cli import app
from gateway.databases import DatabaseError
from gateway.server_checks import Finding, check_server, look_at_server
from kit.settings import Settings
from tests.conftest import SECRET


class Version(NamedTuple):
    """As the driver tells it."""

    major: int
    micro: int


@pytest.fixture
def ide(tmp_path: Path) -> Path:
    """GraphiQL, as far as the doctor looks."""
    page = tmp_path / "ide" / "dist" / "index.html"
    page.parent.mkdir(parents=True)
    page.touch()
    return tmp_path / "ide"


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def settings(tmp_path: Path, **given: Any) -> Settings:
    values = {"data_folder": tmp_path / "data", "port": 0, "secret_key": SECRET, **given}
    url = values.pop("database_url", None)
    return Settings(_env_file=None, DATABASE_URL=url, **values)


async def look(tmp_path: Path, ide: Path, thing: str, **given: Any) -> Finding:
    """What is found of one thing."""
    found = await examine(settings(tmp_path, **given), (), ide)
    return next(finding for finding in found if finding.thing == thing)


class FakeServer:
    """A server of a version, with pgvector of versions."""

    def __init__(self, major: int, installed: str | None, available: str | None) -> None:
        self._version = Version(major, 3)
        self._extension = (installed, available) if available else None

    def get_server_version(self) -> Version:
        return self._version

    async def fetchrow(self, _query: str) -> tuple[str | None, str | None] | None:
        return self._extension


async def test_where_all_is_well_nothing_is_wrong(tmp_path, ide, database_url):
    found = await examine(settings(tmp_path, database_url=database_url), (), ide)
    assert [finding.sentence for finding in found if not finding.is_good] == []
    assert [finding.thing for finding in found] == [
        "settings",
        "secret",
        "data folder",
        "port",
        "database",
        "pgvector",
        "roles",
        "tables",
        "graphiql",
    ]


async def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(tmp_path, ide):
    found = await examine(settings(tmp_path, secret_key=None), (), ide)
    assert all(finding.is_good for finding in found)
    assert not (tmp_path / "data").exists()


async def test_a_taken_port(tmp_path, ide, taken_port):
    found = await look(tmp_path, ide, "port", port=taken_port)
    assert found.sentence == (
        f"Port {taken_port} is taken by another program. Stop that, or set CROSSFADE_PORT to another."
    )
    assert not found.is_good


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:hush@127.0.0.1:1/db", "cannot be reached"),
        ("postgresql://me:hush@127.0.0.1/db?host=/nowhere", "cannot be reached"),
        ("postgresql://me:hush@127.0.0.1:1/db?sslmode=perhaps", "DATABASE_URL cannot be used"),
    ],
)
async def test_a_database_out_of_reach(tmp_path, ide, url, said):
    found = await look(tmp_path, ide, "database", database_url=url)
    assert not found.is_good
    assert said in found.sentence
    assert "hush" not in found.sentence


async def test_a_database_that_is_not_there(tmp_path, ide, database_url):
    url = database_url.replace("/test_", "/none_")
    found = await look(tmp_path, ide, "database", database_url=url)
    assert found.sentence.startswith("There is no database none_")
    assert found.sentence.endswith("Create it, or correct DATABASE_URL.")


async def test_a_login_that_is_not_let_in(tmp_path, ide, database_url):
    url = database_url.replace("postgres@", "nobody-known@")
    found = await look(tmp_path, ide, "database", database_url=url)
    assert "does not let nobody-known in" in found.sentence


async def test_a_database_without_tables(tmp_path, ide, database_url, admin):
    await admin.execute("drop schema app cascade; drop schema public cascade; create schema public")
    found = await look(tmp_path, ide, "tables", database_url=database_url)
    assert (found.is_good, found.sentence) == (False, "There are none yet. Run `crossfade migrate`.")


async def test_a_pending_migration(tmp_path, ide, database_url, monkeypatch):
    monkeypatch.setattr(checks, "newest_revision", lambda: "0002")
    found = await look(tmp_path, ide, "tables", database_url=database_url)
    assert not found.is_good
    assert found.sentence.endswith("not 0002. Run `crossfade migrate`.")


async def test_a_database_of_a_newer_version(tmp_path, ide, database_url, admin):
    await admin.execute("update alembic_version set version_num = '9999'")
    found = await look(tmp_path, ide, "tables", database_url=database_url)
    assert found.sentence == "At revision 9999, of a newer Crossfade. Update this one."


async def test_missing_roles(tmp_path, ide, database_url, monkeypatch):
    monkeypatch.setattr(checks, "WORKER", "crossfade_nobody")
    found = await look(tmp_path, ide, "roles", database_url=database_url)
    assert (found.is_good, found.sentence) == (False, "crossfade_nobody: missing. Run `crossfade migrate`.")


async def test_a_role_that_cannot_sign_in(tmp_path, ide, database_url, monkeypatch):
    monkeypatch.setattr(checks, "WORKER", "crossfade_policy")
    found = await look(tmp_path, ide, "roles", database_url=database_url)
    assert not found.is_good
    assert "is not permitted to log in" in found.sentence
    assert "run `crossfade migrate` with this CROSSFADE_SECRET_KEY" in found.sentence


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (FakeServer(15, "0.8.0", "0.8.0"), "db at there is PostgreSQL 15; 16 or newer is needed."),
        (FakeServer(16, None, None), "has no extension `vector`. Install pgvector 0.8 or newer there."),
        (FakeServer(17, None, "0.7.4"), "has pgvector 0.7.4. Install 0.8 or newer there."),
        (FakeServer(18, "0.7.4", "0.8.1"), "0.7.4 is in use; run `alter extension vector update` (0.8.1)."),
    ],
)
async def test_a_server_that_is_too_old(server, said):
    wrong = [found for found in await look_at_server(server, "postgresql://there/db") if not found.is_good]
    assert [found.sentence.endswith(said) for found in wrong] == [True]


@pytest.mark.parametrize(("installed", "available"), [(None, "0.8.0"), ("0.8.5", "0.8.5"), ("1.0", "1.0")])
async def test_a_server_that_is_new_enough(installed, available):
    found = await look_at_server(FakeServer(16, installed, available), "postgresql://there/db")
    assert all(finding.is_good for finding in found)


async def test_a_start_is_refused_by_the_same_words(database_url, monkeypatch):
    await check_server(database_url)
    monkeypatch.setattr(asyncpg.Connection, "get_server_version", lambda _: Version(14, 0))
    with pytest.raises(DatabaseError, match="is PostgreSQL 14; 16 or newer is needed"):
        await check_server(database_url)


async def test_a_secret_that_is_missing_in_production(tmp_path, ide):
    found = await look(tmp_path, ide, "secret", secret_key=None, environment="production")
    assert not found.is_good
    assert "CROSSFADE_SECRET_KEY: needed in production" in found.sentence


async def test_a_secret_that_is_too_short(tmp_path, ide):
    found = await look(tmp_path, ide, "secret", secret_key="hush")
    assert (found.is_good, found.sentence) == (False, "CROSSFADE_SECRET_KEY: shorter than 32 characters.")


async def test_a_data_folder_that_cannot_be_written(tmp_path, ide):
    (tmp_path / "file").touch()
    found = await look(tmp_path, ide, "data folder", data_folder=tmp_path / "file")
    assert not found.is_good
    assert "CROSSFADE_DATA_FOLDER" in found.sentence


async def test_graphiql_that_is_not_installed(tmp_path):
    found = await look(tmp_path, tmp_path / "none", "graphiql")
    assert (found.is_good, found.sentence) == (
        False,
        "Not installed. Run `.venv/bin/python -m gateway.ide install`.",
    )


async def test_graphiql_that_is_switched_off_may_be_missing(tmp_path):
    assert (await look(tmp_path, tmp_path / "none", "graphiql", is_graphiql_on=False)).is_good


async def test_a_setting_that_does_not_exist(tmp_path, ide):
    (tmp_path / ".env").write_text("# mine\nexport CROSSFADE_HOTS=here\nCROSSFADE_RATE_SIGN_IN__LIMIT=3\n")
    given = given_settings({"CROSSFADE_PROT": "8001", "CROSSFADE_PORT": "1", "PATH": "x"}, tmp_path)
    assert given == {"CROSSFADE_HOTS", "CROSSFADE_PORT", "CROSSFADE_PROT", "CROSSFADE_RATE_SIGN_IN__LIMIT"}
    found, *_ = await examine(settings(tmp_path), given, ide)
    assert not found.is_good
    assert found.sentence.startswith("There is no setting CROSSFADE_HOTS, CROSSFADE_PROT;")


@pytest.mark.parametrize(("port", "code"), [("0", 0), ("taken", 1)])
def test_the_exit_code_says_whether_something_is_wrong(taken_port, port, code, monkeypatch, tmp_path):
    for name in os.environ:
        if name.startswith("CROSSFADE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    given = {"CROSSFADE_PORT": str(taken_port) if port == "taken" else port}
    result = CliRunner().invoke(app, ["doctor"], env={**given, "CROSSFADE_IS_GRAPHIQL_ON": "false"})
    assert result.exit_code == code
    assert ("WRONG  port" in result.stdout) == bool(code)
