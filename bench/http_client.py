"""A client that asks as fast as it is answered, on bare sockets, in a process of its own (see `Job`)."""

import json
import math
import re
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from itertools import count
from uuid import uuid4

from bench.operations import KEY

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
END_OF_CHUNKS = b"\r\n0\r\n\r\n"
MOST_BYTES = 1 << 18
PATIENCE = 60
"""Seconds without any answer."""


@dataclass(frozen=True)
class Job:
    """Comes as a line of JSON; "ready" is printed once all are connected, and a second line begins it."""

    port: int
    connections: int
    seconds: float
    requests: list[str]
    """Whole HTTP requests, taken in turns; KEY in one of them becomes a fresh UUID each time."""


@dataclass(frozen=True)
class Told:
    """What was seen. `answered` counts those in time; `asked` those after it, too, for CPU per operation."""

    answered: int
    asked: int
    failed: int
    seconds: float
    p50_ms: float
    p99_ms: float
    bytes: int
    cpu_seconds: float
    first_failure: str


class Answer:
    """One response as it comes in."""

    __slots__ = ("_end", "data")

    def __init__(self) -> None:
        self.data = b""
        self._end = 0
        """Its length, once that is known; it stays 0 where it comes in chunks."""

    def is_whole(self, more: bytes) -> bool:
        """Whether nothing is missing after `more`."""
        data = self.data = self.data + more if self.data else more
        if not self._end:
            head = data.find(b"\r\n\r\n")
            if head < 0:
                return False
            length = LENGTH.search(data, 0, head + 2)
            if length is None:
                return data.endswith(END_OF_CHUNKS)
            self._end = head + 4 + int(length[1])
        return len(data) >= self._end

    def is_good(self) -> bool:
        """Whether it has what was asked for."""
        return self.data.startswith(b"HTTP/1.1 200") and b'"errors"' not in self.data


class Connection:
    """One that asks again as soon as it is answered."""

    __slots__ = ("answer", "began", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = Answer()
        self.began = 0.0

    def ask(self, request: bytes) -> None:
        """Requests are small: the kernel takes them whole."""
        self.answer = Answer()
        self.began = time.perf_counter()
        self.socket.sendall(request)


class Requests:
    """The job's requests in turns, each with a key of its own."""

    def __init__(self, texts: list[str]) -> None:
        self._parts = [text.encode().split(KEY.encode()) for text in texts]
        self._prefix = str(uuid4())[:24]
        self._numbers = count()

    def next(self) -> bytes:
        """The next one."""
        number = next(self._numbers)
        parts = self._parts[number % len(self._parts)]
        return parts[0] if len(parts) == 1 else f"{self._prefix}{number:012x}".encode().join(parts)


class Tally:
    """What was seen so far."""

    def __init__(self, end: float) -> None:
        self._end = end
        self.took: list[float] = []
        self.answered = self.bytes = self.failed = 0
        self.first_failure = ""

    def add(self, answer: Answer, began: float) -> bool:
        """One answer, which has come now; whether that was in time."""
        moment = time.perf_counter()
        self.took.append(moment - began)
        self.bytes += len(answer.data)
        if not answer.is_good():
            self.failed += 1
            self.first_failure = self.first_failure or answer.data.decode(errors="replace")[:500]
        if moment > self._end:
            return False
        self.answered += 1
        return True


def run(job: Job, connections: list[Connection]) -> Told:
    """Ask for as long as the job says, then wait for what is still on its way."""
    requests = Requests(job.requests)
    buffer = bytearray(MOST_BYTES)
    view = memoryview(buffer)
    poll = select.epoll()
    by_number = {connection.socket.fileno(): connection for connection in connections}
    cpu, tally = time.process_time(), Tally(time.perf_counter() + job.seconds)
    in_flight = len(connections)
    for number, connection in by_number.items():
        poll.register(number, select.EPOLLIN)
        connection.ask(requests.next())
    while in_flight:
        for number, _ in _waited(poll):
            connection = by_number[number]
            size = connection.socket.recv_into(buffer)
            if not size:
                raise ConnectionError("the server closed a connection")
            if not connection.answer.is_whole(bytes(view[:size])):
                continue
            if tally.add(connection.answer, connection.began):
                connection.ask(requests.next())
            else:
                in_flight -= 1
    spent, ordered = time.process_time() - cpu, sorted(tally.took)
    return Told(
        answered=tally.answered,
        asked=len(ordered),
        failed=tally.failed,
        seconds=job.seconds,
        p50_ms=percentile(ordered, 0.5) * 1000,
        p99_ms=percentile(ordered, 0.99) * 1000,
        bytes=tally.bytes,
        cpu_seconds=spent,
        first_failure=tally.first_failure,
    )


def percentile(ordered: list[float], at: float) -> float:
    """The nearest rank: the least of the values that so large a part of them does not exceed."""
    return ordered[max(0, math.ceil(at * len(ordered)) - 1)]


def _waited(poll: select.epoll) -> list[tuple[int, int]]:
    found = poll.poll(PATIENCE)
    if not found:
        raise TimeoutError(f"no answer for {PATIENCE} s")
    return found


def main() -> None:
    """One job."""
    job = Job(**json.loads(sys.stdin.readline()))
    connections = [Connection(job.port) for _ in range(job.connections)]
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(run(job, connections))), flush=True)


if __name__ == "__main__":
    main()
