"""The bus over PostgreSQL's NOTIFY: after the commit, on its own connections, many signals in one message."""

import asyncio
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Any
from uuid import uuid4

import orjson
import structlog

from kit.bus import MAX_PAYLOAD, LocalBus, Receive, Signal, Undo
from kit.connection import FAILURES, Connection, OwnConnection

log = structlog.get_logger()

MAX_MESSAGE = 7_900
"""Bytes; NOTIFY refuses 8,000."""
MAX_WAITING = 10_000
START_SECONDS = 5.0
CLOSE_SECONDS = 2.0
PULSE_SECONDS = 10.0

NOTIFY = "select pg_notify($1, message) from unnest($2::text[]) message"


class PostgresBus:
    """Hears and tells every process on the same database. `dsn` may name any role: NOTIFY needs no right."""

    def __init__(self, dsn: str, *, channel: str = "bus") -> None:
        self._channel = channel
        self._me = uuid4().hex
        self._numbers = count()
        self._local = LocalBus()
        self._waiting: deque[Signal] = deque(maxlen=MAX_WAITING)
        self._has_waiting = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_listening = asyncio.Event()
        self._is_open = True
        self._ear = OwnConnection(dsn, "bus_ear", self._attend)
        self._voice = OwnConnection(dsn, "bus_voice")
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell())]
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_listening.wait(), START_SECONDS)

    async def close(self) -> None:
        self._is_open = False
        if self._tasks:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_idle.wait(), CLOSE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ear.close()
        await self._voice.close()
        await self._local.close()

    async def publish(self, signals: Sequence[Signal]) -> None:
        if not self._is_open or not signals:
            return
        await self._local.publish(signals)
        self._waiting.extend(signals)
        self._is_idle.clear()
        self._has_waiting.set()

    def subscribe(self, topic: str, receive: Receive) -> Undo:
        return self._local.subscribe(topic, receive)

    def on_gap(self, notice: Callable[[], None]) -> Undo:
        return self._local.on_gap(notice)

    async def _tell(self) -> None:
        """Send what waits; what is published while a message is under way goes with the next."""
        while True:
            if not self._waiting:
                self._is_idle.set()
            await self._has_waiting.wait()
            self._has_waiting.clear()
            signals = list(self._waiting)
            self._waiting.clear()
            try:
                await self._notify(list(pack(self._me, self._numbers, signals)))
            except Exception as error:  # noqa: BLE001 - whatever it is, what comes next must still be told
                log.warning("bus_signals_lost", count=len(signals), error=repr(error))

    async def _notify(self, messages: list[str]) -> None:
        async def send(connection: Connection) -> None:
            await connection.execute(NOTIFY, self._channel, messages)

        await self._voice.run(send)

    async def _listen(self) -> None:
        """Hold the ear to the channel; after each loss of it others' signals may have been missed."""
        while True:
            connection = await self._ear.opened()
            if self._is_listening.is_set():
                self._local.tell_gap()
            self._is_listening.set()
            await _until_lost(connection)

    async def _attend(self, connection: Connection) -> None:
        await connection.add_listener(self._channel, self._hear)

    def _hear(self, _connection: Any, _pid: int, _channel: str, message: Any) -> None:
        try:
            origin, signals = unpack(message)
        except (ValueError, TypeError) as error:
            log.warning("bus_message_unreadable", error=str(error))
            return
        if origin == self._me:
            return  # told when it was published
        for signal in signals:
            self._local.deliver(signal)


async def _until_lost(connection: Connection) -> None:
    """Wait for the end of a connection; a silent one is asked from time to time whether it lives."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _connection: lost.set())
    while not connection.is_closed():
        try:
            await asyncio.wait_for(lost.wait(), PULSE_SECONDS)
        except TimeoutError:
            with suppress(*FAILURES):
                await connection.execute("select 1", timeout=CLOSE_SECONDS)
                continue
            connection.terminate()


def pack(origin: str, numbers: Iterable[int], signals: Sequence[Signal]) -> Iterator[str]:
    """Messages below the size that NOTIFY takes: `[origin, number, [topic, seq, payload?], ...]`.

    The number keeps PostgreSQL from folding two equal messages of one transaction into one.
    """
    head_size = 64
    entries: list[bytes] = []
    size = head_size
    numbered = iter(numbers)
    for entry in filter(None, map(_entry, signals)):
        if size + len(entry) > MAX_MESSAGE:
            yield _message(origin, next(numbered), entries)
            entries, size = [], head_size
        entries.append(entry)
        size += len(entry) + 1
    if entries:
        yield _message(origin, next(numbered), entries)


def unpack(message: str) -> tuple[str, list[Signal]]:
    """What `pack` made: whose message, and its signals. Raises ValueError or TypeError on anything else."""
    origin, _number, *entries = orjson.loads(message)
    return origin, [
        Signal(topic, seq, b64decode(payload[0], validate=True) if payload else b"")
        for topic, seq, *payload in entries
    ]


def _message(origin: str, number: int, entries: list[bytes]) -> str:
    head = orjson.dumps([origin, number])
    return b"".join((head[:-1], b",", b",".join(entries), b"]")).decode()


def _entry(signal: Signal) -> bytes | None:
    parts: list[str | int] = [signal.topic, signal.seq]
    if 0 < len(signal.payload) <= MAX_PAYLOAD:
        parts.append(b64encode(signal.payload).decode())
    try:
        entry = orjson.dumps(parts)
    except orjson.JSONEncodeError:
        entry = b""
    if not 0 < len(entry) <= MAX_MESSAGE - 64:
        log.warning("bus_signal_unsendable", topic=repr(signal.topic)[:100])
        return None
    return entry
