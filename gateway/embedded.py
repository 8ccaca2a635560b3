"""Runs the PostgreSQL that comes in a wheel: starts it, attaches to it, recovers it, stops it."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import quote

from gateway.cluster import (
    ENVIRONMENT,
    Cluster,
    EmbeddedError,
    adopt_home,
    find_home,
    identity_for,
    make_home,
    open_cluster,
    recorded_sockets,
)

PORT = 5432
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
)
LARGEST_LOG = 5_000_000  # bytes; the one before it is kept
PATIENCE = 75.0  # seconds; a server whose lock file is gone looks once a minute, and then ends
STOP_SECONDS = 60

ACCEPTS, REJECTS = 0, 1  # what pg_isready answers; all else is silence


class EmbeddedPostgres:
    """The server of one data folder, on a private Unix socket, for one `crossfade up` at a time.

    The folder is held by an flock, which the kernel lets go with the process, however that ends. It does not
    pass through exec, but a child made by a bare fork would keep it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        elsewhere: Path = Path("/var/lib/crossfade"),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder.resolve()
        self._elsewhere = elsewhere
        self._settings = {**SETTINGS, **(settings or {})}
        self._held: ExitStack | None = None
        self._cluster: Cluster | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> str:
        """Bring the server up, or attach to one that a killed process left, and answer the superuser's DSN.

        Called again after the server died, it brings it back. Raises EmbeddedError.
        """
        with _one_sentence(self._folder):
            self._hold()
            try:
                self._cluster = self._open()
                self._bring_up(self._cluster)
            except BaseException:
                with suppress(EmbeddedError):  # the first failure is the one to tell
                    self.stop()
                raise
        return self.dsn()

    def stop(self) -> None:
        """End every session and the server, wait for it, and let go of the folder. Raises EmbeddedError."""
        if self._held is None:
            return
        try:
            with _one_sentence(self._folder):
                self._end_server()
        finally:
            self._process = self._cluster = None
            self._held.close()
            self._held = None

    def is_running(self) -> bool:
        """Whether the server takes connections now."""
        return self._cluster is not None and _knock(self._cluster) == ACCEPTS

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """Answer a database's address, also while another process runs the server. Raises EmbeddedError."""
        sockets = self._cluster.sockets if self._cluster else self._last_sockets()
        host = quote(str(sockets), safe="")
        return f"postgresql://{quote(user)}@/{quote(database)}?host={host}&port={PORT}"

    def _last_sockets(self) -> Path:
        home = find_home(self._folder)
        if home is None:
            raise EmbeddedError(f"No database has been made in {self._folder} yet.")
        return recorded_sockets(home)

    def _hold(self) -> None:
        if self._held is not None:
            return
        if not self._folder.exists():
            self._folder.mkdir(parents=True)
            self._folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        with ExitStack() as held:
            _lock(self._folder, self._folder, held)
            self._held = held.pop_all()

    def _open(self) -> Cluster:
        home = find_home(self._folder) or make_home(self._folder, self._elsewhere)
        identity_for(home)  # someone else's cluster is refused before anything is written
        if home != self._folder and self._held is not None:
            _lock(home, self._folder, self._held)
            adopt_home(home, self._folder)
        return open_cluster(home)

    def _bring_up(self, cluster: Cluster) -> None:
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        deadline = time.monotonic() + PATIENCE
        # A pid would prove nothing: it may be a zombie's or another program's by now. The socket does.
        while (answer := _knock(cluster)) != ACCEPTS:
            if answer != REJECTS:
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"PostgreSQL did not answer for {PATIENCE:.0f} s; see {cluster.log}.")
                if not self._is_starting(cluster):
                    self._spawn(cluster)
            time.sleep(0.01)

    def _is_starting(self, cluster: Cluster) -> bool:
        if self._process is None:
            return False
        code = self._process.poll()
        if code is None:
            return True
        words = self._last_words(cluster)
        # The last sessions of a killed server are still ending, which is no failure yet.
        if code > 0 and "pre-existing shared memory block" not in words:
            raise EmbeddedError(f"PostgreSQL did not start: {words}; see {cluster.log}.")
        time.sleep(0.1)
        return False

    def _last_words(self, cluster: Cluster) -> str:
        with cluster.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()
        # What a knock too early left in the log is not the reason.
        fatal = [line.partition("FATAL:  ")[2] for line in lines if "FATAL:  " in line]
        reasons = [line for line in fatal if not line.startswith("the database system is")]
        return (reasons or lines or ["it said nothing"])[-1].strip()

    def _spawn(self, cluster: Cluster) -> None:
        """Start the server in a session of its own: Ctrl-C in the terminal must not end it first."""
        lock = f".s.PGSQL.{PORT}"
        for stale in (
            cluster.data / "postmaster.pid",
            cluster.sockets / lock,
            cluster.sockets / f"{lock}.lock",
        ):
            stale.unlink(missing_ok=True)
        if cluster.log.exists() and cluster.log.stat().st_size > LARGEST_LOG:
            cluster.log.replace(cluster.home / "log.old")
        cluster.log.touch(mode=0o600)
        settings = {**self._settings, "unix_socket_directories": str(cluster.sockets), "port": str(PORT)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with cluster.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - a program of the wheel
                [cluster.programs / "postgres", "-D", cluster.data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
                umask=0o077,
                **cluster.identity,
            )

    def _end_server(self) -> None:
        cluster, process = self._cluster, self._process
        if process is not None and process.poll() is None:
            _end_child(process)
        elif process is None and cluster is not None and _knock(cluster) in (ACCEPTS, REJECTS):
            stop = ("stop", "-w", "-t", str(STOP_SECONDS), "-D", cluster.data)
            if cluster.run("pg_ctl", *stop, "-m", "fast").returncode:
                cluster.run("pg_ctl", *stop, "-m", "immediate").check_returncode()


@contextmanager
def _one_sentence(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, KeyError, subprocess.SubprocessError) as error:
        raise EmbeddedError(f"The embedded PostgreSQL of {folder} cannot be used: {error}.") from error


def _lock(home: Path, folder: Path, held: ExitStack) -> None:
    handle = os.open(home / "lock", os.O_RDONLY | os.O_CREAT, 0o644)
    held.callback(os.close, handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise EmbeddedError(f"Another `crossfade up` is running on this folder: {folder}.") from None


def _knock(cluster: Cluster) -> int:
    address = ("-h", cluster.sockets, "-p", str(PORT), "-U", "postgres", "-d", "postgres")
    return cluster.run("pg_isready", "-q", *address).returncode


def _end_child(process: subprocess.Popen[bytes]) -> None:
    """Ask for a fast shutdown, and after STOP_SECONDS for an immediate one."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(STOP_SECONDS)
