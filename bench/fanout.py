"""One message to all who listen to a room: what arrives, when, and what it costs."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.databases import Databases
from bench.measure import LoadFailedError
from bench.operations import CROSSFADE, KEY, Values, document_of, operation, uid
from bench.processes import cpu_seconds, memory_kib
from bench.report import Column
from bench.servers import KINDS, Server, started
from bench.socket_client import Job, Told
from bench.tokens import tokens
from kit.ids import global_id

NAME, WORKLOAD = "fanout", "one_room"
SERVERS = {"crossfade": "gateway"}
"""Of peers that have another name than their server."""
PEERS = ("crossfade", "loop", "mercurius", "yoga", "stock")
COLUMNS = (
    Column("peer", "peer"),
    Column("subscribers", "subscribers"),
    Column("delivered", "delivered"),
    Column("expected", "expected"),
    Column("p50 ms", "p50_ms", 1),
    Column("p99 ms", "p99_ms", 1),
    Column("CPU s per 1,000", "cpu_s_per_1000", 4),
    Column("database CPU s per 1,000", "database_cpu_s_per_1000", 4),
    Column("KiB per subscriber", "kib_per_subscriber", 1),
    Column("s to subscribe all", "subscribe_s", 1),
    Column("failed sends", "failed_sends"),
)
ROOT = Path(__file__).resolve().parent.parent
ROOM = 200
"""Everybody is in it."""
SENDERS = 20
GIVE_UP_SECONDS = 60
"""After the last message was sent."""
SENDING_AT_ONCE = 64


@dataclass(frozen=True)
class Plan:
    """What to run."""

    peers: Sequence[str] = PEERS
    subscribers: int = 2_000
    rate: int = 20
    seconds: int = 10
    rounds: int = 1

    @property
    def messages(self) -> int:
        return self.rate * self.seconds


@dataclass(frozen=True)
class Sample:
    """One round of one server."""

    delivered: int
    expected: int
    whole: int
    p50_ms: float
    p99_ms: float
    cpu_s_per_1000: float
    database_cpu_s_per_1000: float
    kib_per_subscriber: float
    subscribe_s: float
    failed_sends: int
    client_busy: float


def run(plan: Plan, databases: Databases, peers: Path | None) -> list[dict[str, Any]]:
    """A row a server that delivered anything: medians of the rounds. Raises NotStartedError."""
    known = [name for name in plan.peers if name in PEERS]
    names = [name for name in known if peers or not KINDS[SERVERS.get(name, name)].is_peer]
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for number in range(plan.rounds):
        for name in names:
            with ExitStack() as stack:  # one at a time: an idle one keeps its sockets and its memory
                server = started([SERVERS.get(name, name)], databases, peers, stack)[SERVERS.get(name, name)]
                try:
                    told = _round(server, plan, databases)
                except LoadFailedError as error:
                    print(f"  round {number + 1}: {name} is left out: {error}", flush=True)
                    continue
            samples[name].append(told)
            print(f"  round {number + 1}: {name}: {told}", flush=True)
    return [row(name, plan, told) for name, told in samples.items() if told]


def row(peer: str, plan: Plan, samples: Sequence[Sample]) -> dict[str, Any]:
    """As it stands in the table."""
    told = [asdict(each) for each in samples]
    figures: Values = {name: statistics.median(each[name] for each in told) for name in told[0]}
    return {
        "bench": NAME,
        "workload": WORKLOAD,
        "peer": peer,
        "subscribers": plan.subscribers,
        "rate": plan.rate,
        "seconds": plan.seconds,
        **figures,
        "delivered_part": figures["delivered"] / figures["expected"],
        "rounds": told,
    }


def _round(server: Server, plan: Plan, databases: Databases) -> Sample:
    for n in range(2 * SENDERS):
        send(server, n, "before")
    memory = memory_kib(server.pid)
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.socket_client"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None  # noqa: S101 - a pipe
    assert process.stdout is not None  # noqa: S101 - a pipe
    with process:
        process.stdin.write(f"{json.dumps(asdict(job_for(server, plan)))}\n")
        process.stdin.flush()
        subscribe_s = json.loads(process.stdout.readline())
        grown = memory_kib(server.pid) - memory
        before, began = (cpu_seconds(server.pid), cpu_seconds(databases.pid)), time.monotonic()
        process.stdin.write("go\n")
        process.stdin.flush()
        failed = send_all(server, plan)
        told = Told(**json.loads(process.stdout.readline()))
        after, took = (cpu_seconds(server.pid), cpu_seconds(databases.pid)), time.monotonic() - began
    if told.closes:
        print(f"  {server.name} closed sockets: {told.closes}", flush=True)
    if not told.delivered:
        raise LoadFailedError(f"{server.name} delivered nothing")
    thousands = told.delivered / 1000
    return Sample(
        delivered=told.delivered,
        expected=plan.messages * plan.subscribers,
        whole=told.whole,
        p50_ms=told.p50_ms,
        p99_ms=told.p99_ms,
        cpu_s_per_1000=(after[0] - before[0]) / thousands,
        database_cpu_s_per_1000=(after[1] - before[1]) / thousands,
        kib_per_subscriber=grown / plan.subscribers,
        subscribe_s=subscribe_s,
        failed_sends=failed,
        client_busy=told.cpu_seconds / took,
    )


def job_for(server: Server, plan: Plan) -> Job:
    """Each subscriber is somebody else, where the server wants to know who it is."""
    is_ours = CROSSFADE in server.kind.schemas
    schema = server.kind.schemas[0]
    said = tokens(plan.subscribers) if is_ours else {}
    hellos: list[Values] = [
        {"authorization": f"Bearer {said[n]}"} if is_ours else {} for n in range(1, plan.subscribers + 1)
    ]
    payload = {"query": document_of(schema, "room_stream"), "variables": {"room": room_for(schema)}}
    return Job(
        port=server.port,
        hellos=[json.dumps({"type": "connection_init", "payload": hello}) for hello in hellos],
        subscribe=json.dumps({"id": "1", "type": "subscribe", "payload": payload}),
        messages=plan.messages,
        give_up_seconds=plan.seconds + GIVE_UP_SECONDS,
    )


def room_for(schema: str) -> str:
    """Its id."""
    return global_id("Room", uid(2, ROOM)) if schema == CROSSFADE else uid(2, ROOM)


def send_all(server: Server, plan: Plan) -> int:
    """All messages at their moments, whether those before were answered or not; how many failed."""
    began = time.monotonic()
    with ThreadPoolExecutor(SENDING_AT_ONCE) as pool:
        sent = []
        for n in range(plan.messages):
            time.sleep(max(0.0, began + n / plan.rate - time.monotonic()))
            sent.append(pool.submit(send, server, n, None))
        return sum(not each.result() for each in sent)


def send(server: Server, n: int, content: str | None) -> bool:
    """One message, by one of the senders, which may say when it was sent; whether it was taken."""
    schema, sender = server.kind.schemas[0], 1 + n % SENDERS
    asked = operation(schema, "send_message")
    assert asked is not None  # noqa: S101 - every schema has it
    words = content or f"ts={time.monotonic_ns()}#{n}#"
    values: Values = {"room": uid(2, ROOM), "user": uid(1, sender), "content": words}
    if schema == CROSSFADE:
        values = {"input": {"roomId": room_for(schema), "content": words, "clientKey": KEY}}
    body = {"operationName": asked.name, "query": asked.document, "variables": values}
    try:
        answer = json.loads(server.ask(body, sender))
    except (OSError, ValueError):
        return False
    return bool((answer.get("data") or {}).get("sendMessage")) and not answer.get("errors")
