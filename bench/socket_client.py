"""Many subscribers on bare sockets, in a process of their own (see `Job`)."""

import json
import resource
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from bench.http_client import percentile

BATCH = 20
"""Sockets that are opened at the same time."""
UPGRADE = (
    "GET /graphql HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    "sec-websocket-key: Y3Jvc3NmYWRlLWJlbmNoIQ==\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
FINAL, MASKED = 0x80, 0x80
SHORT, LONG = 126, 127
"""Lengths that mean: two, and eight, bytes of length follow."""
SENT, NUMBER = b"ts=", b"#"
"""What a message says of itself: `ts=<nanoseconds>#<number>#`."""
SETTLE_SECONDS = 1.0


@dataclass(frozen=True)
class Job:
    """Comes as a line of JSON; "ready" is printed once all have subscribed, and a second line begins it."""

    port: int
    hellos: list[str]
    """`connection_init` of each subscriber."""
    subscribe: str
    messages: int
    """How many each of them is to be told."""
    give_up_seconds: float


@dataclass
class Told:
    """What was heard."""

    delivered: int = 0
    whole: int = 0
    """Messages that all were told."""
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_seconds: float = 0.0
    """Of this client."""
    closes: dict[str, int] = field(default_factory=dict)
    """Sockets that the server closed, by what it said."""


def frame(kind: int, data: bytes) -> bytes:
    """One that a client sends, under a mask of zeros."""
    head = bytes([FINAL | kind, MASKED | min(len(data), SHORT)])
    if len(data) >= SHORT:
        head += len(data).to_bytes(2, "big")
    return head + bytes(4) + data


class Subscriber:
    """One socket."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def say(self, text: str) -> None:
        """Small, so that the kernel takes it whole."""
        self.socket.sendall(frame(TEXT, text.encode()))

    def await_upgrade(self) -> None:
        """Raises ConnectionError where there is none."""
        while b"\r\n\r\n" not in self.rest:
            more = self.socket.recv(65536)
            if not more:
                break
            self.rest += more
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.decode(errors="replace"))

    def await_frame(self) -> bytes:
        """The next one. Raises ConnectionError where the socket ends."""
        while True:
            for _, data in self.frames(b""):
                return data
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("closed before the acknowledgement")
            self.rest += more

    def frames(self, more: bytes) -> Iterator[tuple[int, bytes]]:
        """Kind and content of each whole frame; what is left waits for the rest of it."""
        data = self.rest + more if self.rest else more
        at = 0
        while (end := _end_of_frame(data, at)) and end[1] <= len(data):
            kind, start = data[at] & 15, end[0]
            at = end[1]
            self.rest = data[at:]
            yield kind, data[start:at]
        self.rest = data[at:]


def _end_of_frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the content of the frame at `at` begins and ends; None where that is not known yet."""
    if len(data) < at + 2:
        return None
    length, start = data[at + 1] & 127, at + 2
    size = {SHORT: 2, LONG: 8}.get(length, 0)
    if size:
        if len(data) < start + size:
            return None
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    return start, start + length


def _is_one_frame(data: bytearray, size: int) -> bool:
    """Whether this is one text of a length in two bytes, and no more: what nearly all of it is."""
    return data[0] == FINAL | TEXT and data[1] == SHORT and (data[2] << 8 | data[3]) + 4 == size


def opened(job: Job) -> list[Subscriber]:
    """All of them, subscribed."""
    found: list[Subscriber] = []
    for begin in range(0, len(job.hellos), BATCH):
        hellos = job.hellos[begin : begin + BATCH]
        batch = [Subscriber(job.port) for _ in hellos]
        for each in batch:
            each.socket.sendall(UPGRADE.format(port=job.port).encode())
        for each, hello in zip(batch, hellos, strict=True):
            each.await_upgrade()
            each.say(hello)
        for each in batch:
            each.await_frame()
            each.say(job.subscribe)
        found += batch
    return found


class Hearing:
    """What all subscribers hear."""

    def __init__(self, subscribers: list[Subscriber]) -> None:
        self._by_number = {each.socket.fileno(): each for each in subscribers}
        self._poll = select.epoll()
        self._buffer = bytearray(1 << 18)
        self._view = memoryview(self._buffer)
        for number in self._by_number:
            self._poll.register(number, select.EPOLLIN)
        self.took: list[int] = []
        """Nanoseconds from sending to hearing, of each delivery."""
        self.by_message: Counter[int] = Counter()
        self.closes: Counter[str] = Counter()

    def hear(self, seconds: float) -> None:
        """What comes within so long at least."""
        for number, _ in self._poll.poll(seconds):
            subscriber = self._by_number[number]
            size = subscriber.socket.recv_into(self._buffer)
            moment = time.monotonic_ns()
            if not size:
                self._closed(number, "no word")
            elif not subscriber.rest and _is_one_frame(self._buffer, size):
                self._take(subscriber, TEXT, self._buffer, size, moment)
            else:
                for kind, data in subscriber.frames(bytes(self._view[:size])):
                    self._take(subscriber, kind, data, len(data), moment)

    def _take(
        self, subscriber: Subscriber, kind: int, data: bytes | bytearray, size: int, moment: int
    ) -> None:
        at = data.find(SENT, 0, size) if kind == TEXT else -1
        if at >= 0:
            sent, number, _ = data[at + len(SENT) : at + 64].split(NUMBER, 2)
            self.took.append(moment - int(sent))
            self.by_message[int(number)] += 1
            return
        data = bytes(data[:size])
        if kind == PING:
            subscriber.socket.sendall(frame(PONG, data))
        elif kind == CLOSE:
            self._closed(subscriber.socket.fileno(), data[2:].decode(errors="replace"))
        elif b'"ping"' in data:
            subscriber.say('{"type":"pong"}')
        elif b'"error"' in data or b'"errors"' in data:
            self.closes[data.decode(errors="replace")[:200]] += 1

    def _closed(self, number: int, why: str) -> None:
        if number in self._by_number:
            self._poll.unregister(number)
            del self._by_number[number]
            self.closes[why] += 1


def run(job: Job, hearing: Hearing, begun: Iterator[str]) -> Told:
    """Hear until all has come, or for as long as the job says."""
    next(begun)
    cpu, expected = time.process_time(), job.messages * len(job.hellos)
    end = time.monotonic() + job.give_up_seconds
    while len(hearing.took) < expected and time.monotonic() < end:
        hearing.hear(0.1)
    took = [nanoseconds / 1e6 for nanoseconds in sorted(hearing.took)] or [0.0]
    return Told(
        delivered=len(hearing.took),
        whole=sum(count == len(job.hellos) for count in hearing.by_message.values()),
        p50_ms=percentile(took, 0.5),
        p99_ms=percentile(took, 0.99),
        cpu_seconds=time.process_time() - cpu,
        closes=dict(hearing.closes.most_common(5)),
    )


def main() -> None:
    """One job."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    job = Job(**json.loads(sys.stdin.readline()))
    began = time.monotonic()
    hearing = Hearing(opened(job))
    took = time.monotonic() - began
    settled = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < settled:
        hearing.hear(0.1)
    print(json.dumps(took), flush=True)
    print(json.dumps(asdict(run(job, hearing, iter(sys.stdin)))), flush=True)


if __name__ == "__main__":
    main()
