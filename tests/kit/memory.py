"""A store of events in memory that can lag and fail, and a loop whose time passes at once."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from kit.bus import LocalBus, Signal
from kit.events import Event

T = TypeVar("T")
AT = datetime(2026, 1, 1, tzinfo=UTC)


class InstantLoop(asyncio.SelectorEventLoop):
    """Waiting costs no time: the clock jumps to the next thing that is due."""

    def __init__(self) -> None:
        self._clock = 0.0
        super().__init__()
        select = self._selector.select  # type: ignore[attr-defined]

        def jump(timeout: float | None) -> Any:
            if timeout is None:
                raise RuntimeError("everybody waits for ever")
            self._clock += timeout
            return select(0)

        self._selector.select = jump  # type: ignore[attr-defined]

    def time(self) -> float:
        return self._clock


def instantly(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario in which nothing but its own timers is waited for."""
    with asyncio.Runner(loop_factory=InstantLoop) as runner:
        return runner.run(scenario)


class MemoryStore:
    """Counts its calls. `hidden`: how many of the newest events no read sees; `failures`: calls to fail."""

    def __init__(self) -> None:
        self.events: dict[str, list[Event]] = {}
        self.seqs: dict[str, int] = {}
        self.calls = {"read": 0, "heads": 0, "oldest": 0}
        self.hidden = 0
        self.failures = 0

    def emit(self, topic: str, count: int = 1) -> list[Signal]:
        """Commit events; the signals that tell of them are the caller's to publish or lose."""
        kept = self.events.setdefault(topic, [])
        first = self.seqs.get(topic, 0) + 1
        made = [Event(topic, seq, "made", {"n": seq}, None, AT) for seq in range(first, first + count)]
        kept.extend(made)
        self.seqs[topic] = made[-1].seq
        return [Signal(topic, event.seq) for event in made]

    def forget(self, topic: str, up_to: int) -> None:
        self.events[topic] = [event for event in self.events[topic] if event.seq > up_to]

    async def read(self, topic: str, after: int, limit: int) -> list[Event]:
        await self._called("read")
        seen = self.seqs.get(topic, 0) - self.hidden
        found = [event for event in self.events.get(topic, []) if after < event.seq <= seen]
        return found[:limit]

    async def heads(self, topics: Sequence[str]) -> dict[str, int]:
        await self._called("heads")
        return {topic: self.seqs[topic] for topic in topics if topic in self.seqs}

    async def oldest(self, topic: str) -> int | None:
        await self._called("oldest")
        return min((event.seq for event in self.events.get(topic, [])), default=None)

    async def _called(self, what: str) -> None:
        self.calls[what] += 1
        await asyncio.sleep(0.001)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the store is away")


class World:
    """A store and a bus, and what a writer does with them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.bus = LocalBus()

    async def emit(self, topic: str, count: int = 1) -> None:
        await self.bus.publish(self.store.emit(topic, count))
