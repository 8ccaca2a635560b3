"""The embedded PostgreSQL starts, ends and comes back, whatever was killed and wherever it lives."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway import cluster
from gateway.cluster import EmbeddedError, identity_for
from gateway.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
DEADLINE = 30
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")

UP = """
import sys, time
from pathlib import Path
from gateway.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1]), elsewhere=Path(sys.argv[2])).start()
print("up", flush=True)
time.sleep(600)
"""
ONCE = """
import os, sys
from pathlib import Path
from gateway.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(os.geteuid(), server.is_running())
"""

Embedded = Callable[..., EmbeddedPostgres]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that any user may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="crossfade-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def embedded(place: Path) -> Iterator[Embedded]:
    servers: list[EmbeddedPostgres] = []

    def make(folder: Path = place / "data", **settings: str) -> EmbeddedPostgres:
        servers.append(EmbeddedPostgres(folder, elsewhere=place / "elsewhere", settings=settings))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


def ask(dsn: str, question: str) -> Any:
    async def answer() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(answer())


def postmaster(folder: Path) -> int:
    return int((folder / "cluster" / "postmaster.pid").read_text().split()[0])


def up(place: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", UP, place / "data", place / "elsewhere"]
    return subprocess.Popen(  # noqa: S603 - this file
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_started_server_answers_and_a_stopped_one_does_not(embedded: Embedded) -> None:
    server = embedded()
    dsn = server.start()
    assert server.is_running()
    assert ask(dsn, "select current_user") == "postgres"
    assert (
        ask(dsn, "select datcollate || datlocale from pg_database where datname = 'template1'") == "CC.UTF-8"
    )
    ask(dsn, "create extension vector")
    server.stop()
    assert not server.is_running()
    with pytest.raises(FileNotFoundError):
        ask(dsn, "select 1")


def test_what_was_written_is_there_after_a_restart(embedded: Embedded) -> None:
    server = embedded()
    ask(server.start(), "create table kept as select 7 as number")
    server.stop()
    assert ask(embedded().start(), "select number from kept") == 7


def test_the_server_listens_on_nothing_but_a_private_socket(embedded: Embedded, place: Path) -> None:
    dsn = embedded().start()
    assert ask(dsn, "show listen_addresses") == ""
    assert (place / "data" / "run").stat().st_mode & 0o777 == 0o700


def test_durability_and_room_are_set_at_every_start(embedded: Embedded) -> None:
    dsn = embedded(work_mem="5MB").start()
    names = ("fsync", "synchronous_commit", "max_connections", "shared_buffers", "timezone", "work_mem")
    found = [ask(dsn, f"show {name}") for name in names]
    assert found == ["on", "on", "200", "128MB", "UTC", "5MB"]


def test_another_process_finds_the_address_without_starting_anything(embedded: Embedded, place: Path) -> None:
    server = embedded()
    ask(server.start(), "create role singer login")
    dsn = EmbeddedPostgres(place / "data").dsn(database="template1", user="singer")
    assert ask(dsn, "select current_user || current_database()") == "singertemplate1"


def test_a_folder_without_a_database_has_no_address(place: Path) -> None:
    with pytest.raises(EmbeddedError, match="No database has been made in"):
        EmbeddedPostgres(place / "data").dsn()


def test_a_killed_server_comes_back_with_what_it_acknowledged(embedded: Embedded, place: Path) -> None:
    server = embedded()
    ask(server.start(), "create table kept as select 7 as number")
    os.kill(postmaster(place / "data"), signal.SIGKILL)
    assert ask(server.start(), "select number from kept") == 7


def test_a_killed_server_comes_back_although_a_session_of_it_lingers(embedded: Embedded, place: Path) -> None:
    server = embedded()
    dsn = server.start()
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(dsn))
        session = runner.run(connection.fetchval("select pg_backend_pid()"))
        os.kill(session, signal.SIGSTOP)
        os.kill(postmaster(place / "data"), signal.SIGKILL)
        end = threading.Timer(0.5, os.kill, (session, signal.SIGKILL))
        end.start()
        assert ask(server.start(), "select 1") == 1
        end.join()
        connection.terminate()


def test_the_server_of_a_killed_owner_is_attached_to_and_ended(embedded: Embedded, place: Path) -> None:
    with up(place) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        owner.kill()
    left = postmaster(place / "data")
    server = embedded()
    server.start()
    assert postmaster(place / "data") == left
    server.stop()
    assert not (place / "data" / "cluster" / "postmaster.pid").exists()
    assert not server.is_running()


def test_a_lock_file_that_names_a_living_process_is_no_obstacle(embedded: Embedded, place: Path) -> None:
    server = embedded()
    server.start()
    cluster_folder = place / "data" / "cluster"
    left = (cluster_folder / "postmaster.pid").read_text()
    server.stop()
    identity = identity_for(place / "data")
    with subprocess.Popen(["/bin/sleep", "600"], cwd="/", **identity) as other:
        lock = left.replace(left.split()[0], str(other.pid), 1)
        (cluster_folder / "postmaster.pid").write_text(lock)
        (place / "data" / "run" / ".s.PGSQL.5432.lock").write_text(lock)
        assert ask(server.start(), "select 1") == 1
        other.kill()


def test_an_initdb_killed_in_the_middle_is_begun_anew(embedded: Embedded, place: Path) -> None:
    with up(place) as owner:
        wait_until(lambda: any((place / "data").glob("draft-*/base")))
        owner.kill()
    assert not (place / "data" / "cluster").exists()
    server = embedded()
    server.start()
    assert server.is_running()

    def is_clean() -> bool:
        server.stop()
        server.start()
        return not any((place / "data").glob("draft-*"))

    wait_until(is_clean)  # the initdb that lost its parent may still be writing


def test_a_second_owner_of_one_folder_is_told_so_in_a_sentence(embedded: Embedded) -> None:
    first = embedded()
    first.start()
    second = embedded()
    with pytest.raises(EmbeddedError, match=r"^Another `crossfade up` is running on this folder: \S+\.$"):
        second.start()
    second.stop()
    assert first.is_running()
    first.stop()
    second.start()
    assert second.is_running()


def test_a_server_that_cannot_start_says_why_and_lets_go_of_the_folder(embedded: Embedded) -> None:
    with pytest.raises(EmbeddedError, match='invalid value for parameter "shared_buffers"'):
        embedded(shared_buffers="plenty").start()
    server = embedded()
    server.start()
    assert server.is_running()


def test_a_cluster_of_another_major_version_is_refused(embedded: Embedded, place: Path) -> None:
    server = embedded()
    server.start()
    server.stop()
    (place / "data" / "cluster" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="is of PostgreSQL 17; this is 18"):
        server.start()


def test_a_cluster_of_another_user_is_refused(embedded: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    server = embedded()
    server.start()
    server.stop()
    monkeypatch.setattr(os, "geteuid", lambda: 4_242)
    with pytest.raises(EmbeddedError, match="belongs to another user"):
        server.start()


def test_a_path_too_long_for_a_socket_gets_a_private_short_one(
    embedded: Embedded, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    folder = place / ("long" * 30)
    server = embedded(folder)
    dsn = server.start()
    assert ask(dsn, "select 1") == 1
    short = Path((folder / "sockets").read_text())
    assert short.parent == place
    assert short.stat().st_mode & 0o777 == 0o700
    server.stop()
    assert embedded(folder).start() == dsn


def test_a_copied_folder_gets_a_server_of_its_own(
    embedded: Embedded, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    folder, copy = place / ("long" * 30), place / ("copy" * 30)
    original = embedded(folder)
    original.start()
    original.stop()
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("run"))
    for path in (copy / "cluster").rglob("*"):
        os.chown(path, folder.stat().st_uid, folder.stat().st_gid)
    dsn = original.start()
    assert embedded(copy).start() != dsn
    assert ask(dsn, "show data_directory") == str(folder / "cluster")


def test_an_ordinary_user_needs_nothing_special(place: Path) -> None:
    identity = cluster._as_user(pwd.getpwnam("nobody").pw_uid) if os.geteuid() == 0 else {}
    folder = place / "home"
    folder.mkdir()
    cluster._make_private(folder, identity)
    command = [sys.executable, "-c", ONCE, folder / "data"]
    try:
        ran = subprocess.run(  # noqa: S603 - this file
            command, cwd=ROOT, capture_output=True, text=True, check=False, **identity
        )
    except PermissionError:
        pytest.skip("no other user may run this Python")
    assert (ran.stderr, ran.stdout) == ("", f"{identity.get('user', os.geteuid())} True\n")


@as_root
def test_root_serves_as_a_user_id_that_nobody_has(embedded: Embedded, place: Path) -> None:
    before = {path: path.stat().st_mode for path in (place, *place.parents)}
    embedded().start()
    owner = Path(f"/proc/{postmaster(place / 'data')}").stat().st_uid
    assert 60_706 <= owner < 61_184
    assert (place / "data" / "cluster").stat().st_uid == owner
    assert {path: path.stat().st_mode for path in before} == before


@as_root
def test_a_cluster_that_was_given_to_root_is_given_back(embedded: Embedded, place: Path) -> None:
    server = embedded()
    server.start()
    server.stop()
    for path in (place / "data").rglob("*"):
        os.chown(path, 0, 0)
    assert ask(server.start(), "select 1") == 1


@as_root
def test_under_a_closed_folder_the_files_go_elsewhere_and_stay_there(embedded: Embedded, place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    server = embedded(closed / ".data")
    ask(server.start(), "create table kept as select 7 as number")
    server.stop()
    home = Path((closed / ".data" / "home").read_text())
    assert home.parent == place / "elsewhere"
    assert closed.stat().st_mode & 0o777 == 0o700
    assert ask(embedded(closed / ".data").start(), "select number from kept") == 7


@as_root
def test_a_moved_folder_keeps_its_database_and_a_copied_one_is_refused(
    embedded: Embedded, place: Path
) -> None:
    (place / "closed").mkdir(mode=0o700)
    server = embedded(place / "closed" / "first")
    server.start()
    server.stop()
    (place / "closed" / "first").rename(place / "closed" / "moved")
    moved = embedded(place / "closed" / "moved")
    moved.start()
    moved.stop()
    shutil.copytree(place / "closed" / "moved", place / "closed" / "copy")
    with pytest.raises(EmbeddedError, match="is a copy of"):
        embedded(place / "closed" / "copy").start()


@as_root
def test_a_database_elsewhere_that_is_gone_is_not_replaced_in_silence(
    embedded: Embedded, place: Path
) -> None:
    (place / "closed").mkdir(mode=0o700)
    server = embedded(place / "closed" / "data")
    server.start()
    server.stop()
    shutil.rmtree(place / "elsewhere")
    with pytest.raises(EmbeddedError, match="which is gone"):
        server.start()


@as_root
def test_a_wheel_that_only_root_may_read_is_copied_once(
    embedded: Embedded, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_anyone_may_read", lambda _: False)
    server = embedded()
    server.start()
    (copy,) = (place / "data").glob("server-*")
    made = copy.stat().st_mtime_ns
    assert Path(f"/proc/{postmaster(place / 'data')}/exe").resolve().is_relative_to(copy)
    server.stop()
    server.start()
    assert server.is_running()
    assert copy.stat().st_mtime_ns == made
