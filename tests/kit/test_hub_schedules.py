"""Whatever is lost, doubled, late or slow: each follower sees each event once, in order."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.hub import ClosedError, Event, Follower, Hub
from tests.kit.memory import World, instantly

TOPICS = ["room:1", "room:2", "profile:1"]
topics = st.sampled_from(TOPICS[:2])
waits = st.sampled_from([0.0, 0.0005, 0.003, 0.1, 1.1])

steps = st.one_of(
    st.tuples(
        st.just("emit"),
        st.sampled_from(TOPICS),
        st.integers(1, 3),
        st.sampled_from(["told", "lost", "twice", "late", "last first", "stale"]),
    ),
    st.tuples(st.just("emit"), topics, st.sampled_from([499, 500, 501, 1200]), st.just("told")),
    st.tuples(
        st.just("follow"), topics, st.one_of(st.none(), st.integers(0, 1500)), st.sampled_from([0, 0.4])
    ),
    st.tuples(st.just("close"), st.integers(0, 5)),
    st.tuples(st.just("hide"), st.integers(0, 3)),
    st.tuples(st.just("fail"), st.integers(1, 4)),
    st.tuples(st.just("gap")),
    st.tuples(st.just("wait"), waits),
)


@dataclass
class Reader:
    """A subscriber that may be slow, and gives up waiting now and then."""

    follower: Follower
    pause: float
    start: int
    found: list[Event] = field(default_factory=list)

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(0.7):
                    self.found += await self.follower.next()
            except TimeoutError:
                continue
            except ClosedError:
                return
            await asyncio.sleep(self.pause)

    def seqs(self, topic: str) -> list[int]:
        return [event.seq for event in self.found if event.topic == topic]


class Run:
    """One schedule against one hub."""

    def __init__(self) -> None:
        self.world = World()
        self.readers: list[Reader] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.held_back = list(self.world.store.emit(TOPICS[0]))
        self.hub = Hub(self.world.store, self.world.bus, sweep_seconds=1.0)

    async def emit(self, topic: str, count: int, how: str) -> None:
        told = self.world.store.emit(topic, count)
        if how == "told":
            arrive = told
        elif how == "twice":
            arrive = told + told
        elif how == "last first":
            arrive = told[::-1]
        elif how == "late":
            arrive = []
            self.held_back += told
        elif how == "stale":
            arrive = self.held_back[::-1] + told[:1]
        else:
            arrive = []
        await self.world.bus.publish(arrive)

    async def follow(self, topic: str, back: int | None, pause: float) -> None:
        after = None if back is None else max(self.world.store.seqs.get(topic, 0) - back, 0)
        before = self.world.store.seqs.get(topic, 0)
        follower = await self.hub.follow(topic, after, passing=["profile:1"])
        assert not follower.is_gap
        assert follower.position == after if after is not None else follower.position >= before
        reader = Reader(follower, pause, follower.position)
        self.readers.append(reader)
        self.tasks.append(asyncio.create_task(reader.run()))

    async def close(self, number: int) -> None:
        if number < len(self.readers):
            self.readers[number].follower.close()

    async def hide(self, count: int) -> None:
        self.world.store.hidden = count

    async def fail(self, count: int) -> None:
        self.world.store.failures = count

    async def gap(self) -> None:
        self.world.bus.tell_gap()

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def whole(self, schedule: list[tuple[object, ...]]) -> None:
        await self.hub.start()
        for name, *values in schedule:
            await getattr(self, str(name))(*values)
        self.world.store.hidden = 0
        await asyncio.sleep(60)
        await self.hub.close()
        await asyncio.gather(*self.tasks)


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, min_size=3, max_size=25))
def test_each_follower_sees_each_event_once_and_in_order(schedule: list[tuple[object, ...]]) -> None:
    run = Run()
    closed = {int(str(step[1])) for step in schedule if step[0] == "close"}
    instantly(run.whole(schedule))
    for number, reader in enumerate(run.readers):
        topic = reader.follower.feed.tail.topic
        found = reader.seqs(topic)
        last = reader.start + len(found) if number in closed else run.world.store.seqs.get(topic, 0)
        assert found == list(range(reader.start + 1, last + 1))
        passed = reader.seqs("profile:1")
        assert passed == sorted(set(passed))
    assert run.hub._tails == {}
    assert run.world.bus._receivers == {}
