"""Word between processes that something happened; what happened stands in a table, so word may be lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

log = structlog.get_logger()

MAX_PAYLOAD = 4_000
"""Bytes. A signal with more arrives without its payload, on every bus."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Topic `topic` has come to `seq` (0: it has no order)."""

    topic: str
    seq: int
    payload: bytes = b""


Receive = Callable[[Signal], None]
Undo = Callable[[], None]


class Bus(Protocol):
    """Signals of one topic arrive in the order one process published them, in every process that listens.

    An outage may lose some, or bring some twice.
    """

    async def start(self) -> None:
        """Listen. Returns without error when the bus is out of reach; it goes on trying."""

    async def close(self) -> None:
        """Send what waits, as far as that takes no time, and stop."""

    async def publish(self, signals: Sequence[Signal]) -> None:
        """Tell everybody, this process at once. To be called after the commit; never raises."""

    def subscribe(self, topic: str, receive: Receive) -> Undo:
        """Call `receive`, which must not block, with each signal of exactly this topic."""

    def on_gap(self, notice: Callable[[], None]) -> Undo:
        """Call `notice` whenever signals of others may have been missed."""


class LocalBus:
    """The bus of a process that is alone."""

    def __init__(self) -> None:
        self._receivers: dict[str, dict[object, Receive]] = {}
        self._notices: dict[object, Callable[[], None]] = {}

    async def start(self) -> None:
        """There is nothing to reach."""

    async def close(self) -> None:
        self._receivers.clear()
        self._notices.clear()

    async def publish(self, signals: Sequence[Signal]) -> None:
        for signal in signals:
            self.deliver(signal)

    def subscribe(self, topic: str, receive: Receive) -> Undo:
        key = object()
        self._receivers.setdefault(topic, {})[key] = receive

        def unsubscribe() -> None:
            receivers = self._receivers.get(topic, {})
            receivers.pop(key, None)
            if not receivers:
                self._receivers.pop(topic, None)

        return unsubscribe

    def on_gap(self, notice: Callable[[], None]) -> Undo:
        key = object()
        self._notices[key] = notice

        def undo() -> None:
            self._notices.pop(key, None)

        return undo

    def deliver(self, signal: Signal) -> None:
        """Hand a signal to the receivers of this process; one that raises harms no other."""
        receivers = self._receivers.get(signal.topic)
        if not receivers:
            return
        carried = signal if len(signal.payload) <= MAX_PAYLOAD else replace(signal, payload=b"")
        for key, receive in tuple(receivers.items()):
            if key not in receivers:
                continue  # an earlier receiver took it away
            try:
                receive(carried)
            except Exception:
                log.exception("bus_receiver_failed", topic=signal.topic)

    def tell_gap(self) -> None:
        """Say that signals may have been missed."""
        for notice in tuple(self._notices.values()):
            try:
                notice()
            except Exception:
                log.exception("bus_gap_notice_failed")
