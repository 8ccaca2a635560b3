"""The command line says in one line what is wrong, and does what it says."""

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import structlog
from click.testing import Result
from typer.testing import CliRunner

from gateway.cli import app
from gateway.commands import sdl as sdl_command
from gateway.commands.up import TOKEN_MINUTES, for_development
from gateway.holding import HeldError, hold
from gateway.listening import ListenError, address_of, is_crossfade, listen, reachable
from gateway.migrations import newest_revision
from gateway.server import uvicorn_config
from gateway.transport.wire import HttpConnection, SocketConnection
from kit.settings import Settings, load_settings
from tests.conftest import SECRET, SERVER

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No settings, none from a `.env` beside us, and afterwards the logs as they were."""
    for name in os.environ:
        if (name.startswith("CROSSFADE_") and name != SERVER) or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def crossfade(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, arguments, env=environment)


def on(url: str) -> dict[str, str]:
    """The environment of a command on a database."""
    return {"DATABASE_URL": url, "CROSSFADE_SECRET_KEY": SECRET}


@pytest.fixture
async def empty_database(database_url: str) -> str:
    """A database without a table, in place of the migrated one; it is dropped with that."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("drop schema app cascade; drop schema public cascade; create schema public")
    await connection.close()
    return database_url


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CROSSFADE_PORT", "http", "CROSSFADE_PORT: Input should be a valid integer"),
        ("CROSSFADE_LOG_LEVEL", "loud", "CROSSFADE_LOG_LEVEL: Input should be 'debug'"),
        ("CROSSFADE_RATE_SIGN_IN__LIMIT", "0", "CROSSFADE_RATE_SIGN_IN__LIMIT: Input should be greater"),
        ("CROSSFADE_ISSUERS", "accounts", "CROSSFADE_ISSUERS: must be JSON"),
        ("CROSSFADE_TRUSTED_PROXIES", "10.0.0.1", "CROSSFADE_TRUSTED_PROXIES: must be JSON"),
        ("CROSSFADE_SECRET_KEY", "short", "CROSSFADE_SECRET_KEY: shorter than 32 characters"),
        ("DATABASE_URL", "mysql://me:hush@there/db", "DATABASE_URL: String should match pattern"),
    ],
)
@pytest.mark.parametrize("command", ["up", "serve", "worker", "migrate", "demo"])
def test_a_wrong_setting_is_one_clear_line(command, name, value, said):
    result = crossfade(command, **{"DATABASE_URL": "postgresql://there/db", name: value})
    assert result.exit_code == 2
    assert result.stderr.startswith(f"crossfade: {said}")
    assert result.stderr.count("\n") == 1
    assert "hush" not in result.output


def test_documents_that_cannot_be_read_are_one_clear_line():
    result = crossfade("serve", CROSSFADE_TRUSTED_DOCUMENTS="/nowhere.json", CROSSFADE_PORT="0")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("crossfade: CROSSFADE_TRUSTED_DOCUMENTS: /nowhere.json cannot be read")


def test_without_a_secret_nothing_starts_in_production():
    result = crossfade("migrate", CROSSFADE_ENVIRONMENT="production", DATABASE_URL="postgresql://there/db")
    assert result.exit_code == 2
    assert "CROSSFADE_SECRET_KEY: needed in production" in result.stderr


def test_what_is_empty_is_not_set():
    assert crossfade("sdl", DATABASE_URL="", CROSSFADE_PORT="").exit_code == 0


def test_a_settings_file_that_cannot_be_read_is_one_clear_line(tmp_path):
    (tmp_path / ".env").write_bytes(b"CROSSFADE_PORT=\xff")
    result = crossfade("sdl")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert ".env: cannot be read" in result.stderr


def test_the_schema_is_printed_as_it_is_committed():
    result = crossfade("sdl")
    assert result.exit_code == 0
    assert result.stdout == (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")


def test_the_committed_schema_is_found_to_be_the_same():
    assert crossfade("sdl", "--check").exit_code == 0


def test_a_schema_that_differs_is_shown_by_what_differs(tmp_path, settings, capsys):
    committed = tmp_path / "schema.graphql"
    committed.write_text((ROOT / "schema" / "schema.graphql").read_text().replace("type Room ", "type Hall "))
    assert sdl_command.main(settings, is_check=True, committed=committed) == 1
    shown = capsys.readouterr()
    assert "-type Hall " in shown.out
    assert "+type Room " in shown.out
    assert "crossfade sdl > schema/schema.graphql" in shown.err


def test_without_a_committed_schema_all_of_it_differs(tmp_path, settings, capsys):
    assert sdl_command.main(settings, is_check=True, committed=tmp_path / "none") == 1
    assert "+type Room " in capsys.readouterr().out


def test_migrating_an_empty_database_makes_it_ready_and_again_changes_nothing(empty_database):
    first, second = (crossfade("migrate", **on(empty_database)) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.stderr
    assert f"is now at revision {newest_revision()}" in first.stdout
    assert f"was already at revision {newest_revision()}" in second.stdout


@pytest.fixture
async def newer_database(database_url: str) -> str:
    connection = await asyncpg.connect(database_url)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()
    return database_url


def test_a_newer_database_is_left_alone(newer_database):
    result = crossfade("migrate", **on(newer_database))
    assert result.exit_code == 1
    assert "is of a newer Crossfade (revision 9999). Update this one." in result.stderr


def test_sample_data_is_added_once(database_url):
    first, second = (crossfade("demo", **on(database_url)) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.stderr
    assert "Added 12 people, 9 rooms, 130 messages." in first.stdout
    assert "nothing was added" in second.stdout


def test_sample_people_are_kept_out_of_production(database_url):
    result = crossfade("demo", CROSSFADE_ENVIRONMENT="production", **on(database_url))
    assert result.exit_code == 1
    assert "not in production" in result.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "demo"])
def test_without_tables_it_says_to_migrate(command, empty_database):
    result = crossfade(command, CROSSFADE_PORT="0", **on(empty_database))
    assert result.exit_code == 1
    assert result.stderr.endswith("has no tables yet. Run `crossfade migrate`.\n")


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_without_any_database_it_says_how_to_get_one(command):
    result = crossfade(command, CROSSFADE_PORT="0")
    assert result.exit_code == 1
    assert "`crossfade up` makes one, and DATABASE_URL names another." in result.stderr


@pytest.mark.parametrize("command", ["up", "serve", "worker", "migrate", "demo"])
def test_a_database_out_of_reach_is_one_line_that_hides_the_password(command):
    url = "postgresql://me:hush@127.0.0.1:1/db"
    result = crossfade(command, CROSSFADE_PORT="0", **on(url))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("crossfade: The database db at 127.0.0.1:1 cannot be")
    assert "hush" not in result.output


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_taken_port_is_told_before_anything_is_started(command, taken_port, tmp_path, database_url):
    given = {} if command == "up" else on(database_url)
    result = crossfade(command, CROSSFADE_PORT=str(taken_port), **given)
    assert result.exit_code == 1
    assert result.stdout == ""
    said = f"crossfade: Port {taken_port} is taken by another program."
    assert result.stderr.startswith(said)
    assert not (tmp_path / ".data" / "postgres").exists()


def test_a_second_start_on_a_folder_is_refused_and_names_the_first(tmp_path):
    with hold(tmp_path / ".data"):
        result = crossfade("up")
    assert result.exit_code == 1
    where = tmp_path / ".data"
    assert (
        result.stderr == f"crossfade: `crossfade up` is running on {where} already (process {os.getpid()}).\n"
    )


def test_a_folder_is_free_again_when_its_holder_lets_go(tmp_path):
    with hold(tmp_path / "a"), pytest.raises(HeldError), hold(tmp_path / "a"):
        pass
    with hold(tmp_path / "a"):
        pass


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    result = crossfade("up", CROSSFADE_DATA_FOLDER=str(tmp_path / "file" / "data"))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "cannot be kept here" in result.stderr


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(ListenError, match="This machine has no address"):
        listen("192.0.2.1", 0)


def test_any_free_port_may_be_asked_for():
    with listen("127.0.0.1", 0) as listening:
        assert address_of(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_one_that_listens_everywhere_is_reached_on_this_machine():
    assert [reachable(host) for host in ("", "::", "127.0.0.1")] == ["127.0.0.1", "::1", "127.0.0.1"]


def test_another_program_is_not_mistaken_for_a_gateway(taken_port):
    assert not is_crossfade("127.0.0.1", taken_port)


def test_tokens_last_a_day_where_one_develops_and_as_long_as_was_chosen_elsewhere():
    chosen = Settings(_env_file=None, access_token_minutes=15)
    production = Settings(_env_file=None, environment="production")
    assert for_development(Settings(_env_file=None)).access_token_minutes == TOKEN_MINUTES
    assert for_development(chosen).access_token_minutes == 15
    assert for_development(production).access_token_minutes == 15


def test_no_proxy_is_believed_that_is_not_named():
    alone = uvicorn_config(Settings(_env_file=None), lambda: None)
    behind = uvicorn_config(Settings(_env_file=None, trusted_proxies=["10.0.0.0/8"]), lambda: None)
    assert not alone.proxy_headers
    assert (behind.proxy_headers, behind.forwarded_allow_ips) == (True, ["10.0.0.0/8"])


def test_the_server_keeps_idle_sockets_small_and_takes_no_more_than_a_body():
    config = uvicorn_config(load_settings(), lambda: None)
    assert (config.ws, config.http, config.access_log) == (SocketConnection, HttpConnection, False)
    assert (config.ws_per_message_deflate, config.ws_max_size) == (False, 1_000_000)


def test_the_command_alone_imports_neither_the_gateway_nor_migrations():
    code = "import sys, gateway.cli, gateway.commands.up; print(*sys.modules)"
    modules = subprocess.run(  # noqa: S603 - this file
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"fastapi", "strawberry", "sqlalchemy", "alembic", "pgqueuer", "uvicorn"} & set(modules)


def test_help_names_every_command():
    said = crossfade("--help").stdout
    assert all(command in said for command in ("up", "serve", "worker", "migrate", "demo", "sdl", "doctor"))
    assert "supervised" not in crossfade("serve", "--help").stdout
