"""Pages, objects and sends over HTTP: every server in turn, in rounds, once their answers are the same."""

import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bench.answers import AnswersDifferError, difference, said
from bench.data import forget_writes
from bench.databases import Databases
from bench.measure import Sample, measure
from bench.operations import WORKLOADS, WRITES, Operation
from bench.report import Column
from bench.servers import KINDS, Server, started
from bench.statements import count, logged

NAME = "http"
PEERS = ("crossfade", "synthetic", "stock", "floor", "mercurius", "postgraphile", "yoga")
COLUMNS = (
    Column("workload", "workload"),
    Column("at once", "concurrency"),
    Column("peer", "peer"),
    Column("requests/s", "requests_per_s"),
    Column("to Mercurius", "ratios.requests_per_s_to_mercurius", 2),
    Column("p50 ms", "p50_ms", 2),
    Column("p99 ms", "p99_ms", 2),
    Column("server CPU ms", "server_cpu_ms", 2),
    Column("stock to it", "ratios.stock_cpu_to_this", 1),
    Column("database CPU ms", "database_cpu_ms", 2),
    Column("statements", "statements"),
    Column("KiB", "answer_kib", 1),
    Column("memory MiB", "memory_mib"),
    Column("other cores", "other_cores", 1),
)
COMPARED = 5
"""Different calls whose answers are compared."""
WARM_CONNECTIONS = 8


@dataclass(frozen=True)
class Plan:
    """What to run."""

    workloads: Sequence[str] = WORKLOADS
    peers: Sequence[str] = PEERS
    concurrency: Sequence[int] = (1, 16)
    rounds: int = 3
    seconds: float = 2.0
    warm_seconds: float = 1.5


@dataclass(frozen=True)
class Entry:
    """One server with one workload, under the name that it has in the table."""

    peer: str
    workload: str
    server: Server
    asked: Operation

    def said(self, n: int) -> Any:
        """The leaves of its n-th answer."""
        answer = self.server.ask(self.asked.body(n), self.asked.viewer(n))
        return said(answer, is_write=self.workload in WRITES)


def serving(peer: str, workload: str) -> str | None:
    """The server that answers a workload under a peer's name; None where it does not take part.

    A page whose domain does not exist yet is our executor's, on the tables of the peers.
    """
    if peer not in (*PEERS, "core"):
        return None
    is_ours = KINDS["gateway"].operation(workload) is not None
    if peer == "crossfade":
        return "gateway" if is_ours else "synthetic"
    if (peer == "synthetic" and not is_ours) or not KINDS[peer].operation(workload):
        return None
    return peer


def run(plan: Plan, databases: Databases, peers: Path | None) -> list[dict[str, Any]]:
    """The rows of the table. Raises NotStartedError, AnswersDifferError and LoadFailedError."""
    taking_part = {
        (workload, peer): server
        for workload in plan.workloads
        for peer in plan.peers
        if (server := serving(peer, workload)) and (peers or not KINDS[server].is_peer)
    }
    with ExitStack() as stack:
        servers = started(sorted(set(taking_part.values())), databases, peers, stack)
        entries = []
        for (workload, peer), name in taking_part.items():
            asked = KINDS[name].operation(workload)
            if asked:
                entries.append(Entry(peer, workload, servers[name], asked))
        compare(entries)
        counts = counted(entries, databases)
        for entry in entries:
            print(f"  warming {entry.workload} of {entry.peer}", flush=True)
            sample(entry, databases, WARM_CONNECTIONS, plan.warm_seconds)
        return rows(measured(plan, entries, databases), counts)


def compare(entries: Sequence[Entry]) -> None:
    """Raises AnswersDifferError where two servers do not say the same."""
    first: dict[str, Entry] = {}
    for entry in entries:
        one = first.setdefault(entry.workload, entry)
        for n in range(COMPARED):
            found = difference(one.said(n), entry.said(n))
            if found:
                raise AnswersDifferError(f"{entry.workload}: of {one.peer} and {entry.peer}, {found}")


def counted(entries: Sequence[Entry], databases: Databases) -> dict[tuple[str, str], int]:
    """Statements by workload and peer."""
    with logged(databases):
        return {(entry.workload, entry.peer): count(databases, entry.said) for entry in entries}


def sample(entry: Entry, databases: Databases, connections: int, seconds: float) -> Sample:
    """One measurement."""
    return measure(entry.server, entry.asked, databases.pid, connections=connections, seconds=seconds)


Cell = tuple[Entry, int]
"""A server with a workload, and the concurrency."""


def measured(plan: Plan, entries: Sequence[Entry], databases: Databases) -> dict[Cell, list[Sample]]:
    """A sample a round of each cell. Within a round each workload is one after the other of the servers."""
    found: dict[Cell, list[Sample]] = {}
    for number in range(plan.rounds):
        for workload in plan.workloads:
            for connections in plan.concurrency:
                for entry in turned([each for each in entries if each.workload == workload], number):
                    told = sample(entry, databases, connections, plan.seconds)
                    found.setdefault((entry, connections), []).append(told)
                    print(f"  round {number + 1}: {workload} {connections} {entry.peer}: {told}", flush=True)
            if workload in WRITES:
                forget_writes(databases.gateway, databases.plain, databases.sizes)
    return found


def turned(entries: Sequence[Entry], by: int) -> list[Entry]:
    """Another one begins each round."""
    at = by % len(entries) if entries else 0
    return [*entries[at:], *entries[:at]]


def rows(
    samples: Mapping[Cell, Sequence[Sample]], counts: Mapping[tuple[str, str], int]
) -> list[dict[str, Any]]:
    """A row a cell: medians of the rounds."""
    return [
        {
            "bench": NAME,
            "workload": entry.workload,
            "peer": entry.peer,
            "server": entry.server.name,
            "concurrency": connections,
            **medians(told),
            "statements": counts[entry.workload, entry.peer],
            "rounds": [asdict(each) for each in told],
        }
        for (entry, connections), told in samples.items()
    ]


def medians(samples: Sequence[Sample]) -> dict[str, float]:
    """Of each figure."""
    return {
        each.name: statistics.median(getattr(sample, each.name) for sample in samples)
        for each in fields(Sample)
    }
