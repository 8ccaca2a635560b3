"""The embedded PostgreSQL of a run: our tables in one database, the peers' in another, with the same rows."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.data import GATEWAY, PLAIN, Sizes, execute, load
from gateway.cluster import find_home
from gateway.embedded import EmbeddedPostgres
from gateway.migrations import migrate

SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    # As in other comparisons of gateways: a send costs what it computes, not what the disk takes.
    "synchronous_commit": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}


@dataclass(frozen=True)
class Databases:
    """Where they are. `folder` is the run's own, for whatever else has to be written."""

    folder: Path
    gateway: str
    plain: str
    log: Path
    pid: int
    """Of the postmaster; its children serve."""
    sizes: Sizes


@contextmanager
def databases(sizes: Sizes) -> Iterator[Databases]:
    """Both, loaded, for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.chmod(folder, 0o711)  # noqa: PTH101, S103 - as root, the server runs as somebody else
        data = folder / "postgres"
        with EmbeddedPostgres(data, elsewhere=folder / "elsewhere", settings=SETTINGS) as server:
            gateway, plain = server.dsn("crossfade"), server.dsn("plain")
            execute(server.dsn(), "create database crossfade")
            execute(server.dsn(), "create database plain")
            asyncio.run(migrate(gateway, None))
            asyncio.run(load(gateway, GATEWAY, sizes))
            asyncio.run(load(plain, PLAIN, sizes))
            home = find_home(data) or data
            pid = int((home / "cluster" / "postmaster.pid").read_text().split()[0])
            yield Databases(folder, gateway, plain, home / "log", pid, sizes)
