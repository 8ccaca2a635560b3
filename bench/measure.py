"""One measurement: a load on one server, with what it costs that server and the database."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.http_client import Job, Told
from bench.operations import DIFFERENT, Operation
from bench.processes import cpu_seconds, machine_cpu_seconds, memory_kib
from bench.servers import Server

ROOT = Path(__file__).resolve().parent.parent
IDLE_CPU = 0.003
"""Seconds in IDLE_SECONDS that a server that does nothing may use."""
IDLE_SECONDS = 0.1
PATIENCE = 15
"""Seconds; then it is measured all the same."""


@dataclass(frozen=True)
class Sample:
    """What was seen and what it cost, in milliseconds of CPU per operation."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    database_cpu_ms: float
    answer_kib: float
    memory_mib: float
    client_busy: float
    """Which part of the time the client was at work: near 1, it measures itself."""
    other_cores: float
    """How many cores others used meanwhile: near 0, the machine was ours."""


class LoadFailedError(Exception):
    """Some answers were none."""


def measure(server: Server, asked: Operation, database: int, *, connections: int, seconds: float) -> Sample:
    """Ask `server` for so long. `database` is the postmaster. Raises LoadFailedError."""
    await_idle(server.pid)
    requests = [server.request(asked, n) for n in range(DIFFERENT)]
    job = Job(server.port, connections, seconds, requests)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.http_client"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None  # noqa: S101 - a pipe
    assert process.stdout is not None  # noqa: S101 - a pipe
    with process:
        process.stdin.write(f"{json.dumps(asdict(job))}\n")
        process.stdin.flush()
        process.stdout.readline()
        machine, began = machine_cpu_seconds(), time.monotonic()
        before = cpu_seconds(server.pid), cpu_seconds(database)
        process.stdin.write("go\n")
        process.stdin.flush()
        said = process.stdout.readline()
        await_idle(server.pid)
        after = cpu_seconds(server.pid), cpu_seconds(database)
        machine, took = machine_cpu_seconds() - machine, time.monotonic() - began
    if not said:
        raise LoadFailedError(f"{server.name}: the client ended; it has told why")
    told = Told(**json.loads(said))
    if told.failed:
        raise LoadFailedError(f"{server.name}: {told.failed} of {told.asked} failed: {told.first_failure}")
    ours = after[0] - before[0] + after[1] - before[1] + told.cpu_seconds
    return Sample(
        requests_per_s=told.answered / told.seconds,
        p50_ms=told.p50_ms,
        p99_ms=told.p99_ms,
        server_cpu_ms=(after[0] - before[0]) / told.asked * 1000,
        database_cpu_ms=(after[1] - before[1]) / told.asked * 1000,
        answer_kib=told.bytes / told.asked / 1024,
        memory_mib=memory_kib(server.pid) / 1024,
        client_busy=told.cpu_seconds / told.seconds,
        other_cores=max(0.0, machine - ours) / took,
    )


def await_idle(pid: int) -> None:
    """Until what was asked before is done: it would be counted as part of what comes now."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        before = cpu_seconds(pid)
        time.sleep(IDLE_SECONDS)
        if cpu_seconds(pid) - before < IDLE_CPU:
            return
