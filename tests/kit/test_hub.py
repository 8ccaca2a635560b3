import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from kit.bus import Signal
from kit.hub import ClosedError, Event, Follower, Hub, PastGoneError
from kit.tail import KEPT, LAG_TRIES
from tests.kit.memory import World, instantly

NEVER = 1000.0
ROOM = "room:1"
FACE = "profile:1"


@pytest.fixture
def world() -> World:
    return World()


@asynccontextmanager
async def opened(world: World, sweep_seconds: float = NEVER) -> AsyncIterator[Hub]:
    hub = Hub(world.store, world.bus, sweep_seconds)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.close()


@pytest.fixture
async def hub(world: World) -> AsyncIterator[Hub]:
    async with opened(world) as hub:
        yield hub


def seqs(events: list[Event]) -> list[int]:
    return [event.seq for event in events]


async def collect(follower: Follower, count: int) -> list[int]:
    """The seqs of the next `count` events."""
    found: list[int] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            found += seqs(await follower.next())
    return found


async def read_up_to(hub: Hub, heads: dict[str, int]) -> None:
    """Wait until the process has read that far, with nobody taking it yet."""
    async with asyncio.timeout(30):
        while any(hub._tails[topic][0].head != at for topic, at in heads.items()):  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_without_a_cursor_one_sees_what_happens_from_now_on(world: World, hub: Hub) -> None:
    await world.emit(ROOM, 3)
    follower = await hub.follow(ROOM, None)
    assert (follower.position, follower.is_gap) == (3, False)
    await world.emit(ROOM, 2)
    assert await collect(follower, 2) == [4, 5]
    assert follower.position == 5
    assert world.store.calls == {"read": 1, "heads": 1, "oldest": 0}


async def test_a_cursor_brings_what_was_missed_and_then_what_happens(world: World, hub: Hub) -> None:
    await world.emit(ROOM, 5)
    follower = await hub.follow(ROOM, 2)
    assert (follower.position, follower.is_gap) == (2, False)
    assert await collect(follower, 3) == [3, 4, 5]
    await world.emit(ROOM)
    assert await collect(follower, 1) == [6]


async def test_a_cursor_at_the_newest_event_waits_for_the_next(world: World, hub: Hub) -> None:
    await world.emit(ROOM, 5)
    follower = await hub.follow(ROOM, 5)
    waiting = asyncio.create_task(follower.next())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await world.emit(ROOM)
    assert seqs(await waiting) == [6]
    assert world.store.calls == {"read": 1, "heads": 1, "oldest": 0}


async def test_events_between_arming_and_the_first_look_are_not_missed(world: World, hub: Hub) -> None:
    await world.emit(ROOM)
    following = asyncio.create_task(hub.follow(ROOM, 1))
    await asyncio.sleep(0)
    await world.emit(ROOM, 2)
    assert await collect(await following, 2) == [2, 3]


@pytest.mark.parametrize("many", [1, 200])
async def test_a_burst_is_read_once_for_any_number_of_followers(world: World, hub: Hub, many: int) -> None:
    followers = await asyncio.gather(*(hub.follow(ROOM, None) for _ in range(many)))
    collecting = [asyncio.create_task(collect(follower, 10)) for follower in followers]
    await world.emit(ROOM, 10)
    assert await asyncio.gather(*collecting) == [list(range(1, 11))] * many
    assert world.store.calls == {"read": 1, "heads": 1, "oldest": 0}


@pytest.mark.parametrize("many", [1, 200])
async def test_a_crowd_that_comes_back_at_one_cursor_reads_once(world: World, hub: Hub, many: int) -> None:
    await world.emit(ROOM, 10)
    followers = await asyncio.gather(*(hub.follow(ROOM, 4) for _ in range(many)))
    found = await asyncio.gather(*(collect(follower, 6) for follower in followers))
    assert found == [list(range(5, 11))] * many
    assert world.store.calls == {"read": 1, "heads": 1, "oldest": 1}


async def test_followers_with_different_cursors_each_see_their_own_past(world: World, hub: Hub) -> None:
    await world.emit(ROOM, 50)
    followers = [await hub.follow(ROOM, after) for after in range(51)]
    await world.emit(ROOM, 3)
    for follower in followers:
        start = follower.position
        assert await collect(follower, 53 - start) == list(range(start + 1, 54))


async def test_lost_signals_are_made_good_by_the_next_one(world: World, hub: Hub) -> None:
    follower = await hub.follow(ROOM, None)
    world.store.emit(ROOM, 3)
    await world.emit(ROOM)
    assert await collect(follower, 4) == [1, 2, 3, 4]


async def test_signals_that_come_twice_late_or_in_disorder_change_nothing(world: World, hub: Hub) -> None:
    follower = await hub.follow(ROOM, None)
    told = world.store.emit(ROOM, 6)
    await world.bus.publish([told[3], told[3], told[0]])
    assert await collect(follower, 6) == [1, 2, 3, 4, 5, 6]
    await world.bus.publish([told[5], told[1], Signal(ROOM, 0)])
    await world.emit(ROOM)
    assert await collect(follower, 1) == [7]
    assert world.store.calls["read"] == 2


def test_the_sweep_finds_what_nobody_signalled_with_one_statement(world: World) -> None:
    async def scenario() -> None:
        async with opened(world, sweep_seconds=1.0) as hub:
            followers = [await hub.follow(f"room:{number}", None) for number in range(20)]
            world.store.calls["heads"] = 0
            for number in range(20):
                world.store.emit(f"room:{number}")
            assert await asyncio.gather(*(collect(follower, 1) for follower in followers)) == [[1]] * 20

    instantly(scenario())
    assert world.store.calls == {"read": 20, "heads": 1, "oldest": 0}


async def test_a_gap_of_the_bus_is_swept_at_once(world: World, hub: Hub) -> None:
    follower = await hub.follow(ROOM, None)
    world.store.emit(ROOM, 2)
    world.bus.tell_gap()
    assert await collect(follower, 2) == [1, 2]


async def test_a_sweep_without_followers_asks_nothing(world: World) -> None:
    async with opened(world, sweep_seconds=0.001):
        await asyncio.sleep(0.05)
    assert world.store.calls == {"read": 0, "heads": 0, "oldest": 0}


async def test_a_store_that_lags_is_asked_again_until_it_shows_the_event(world: World, hub: Hub) -> None:
    live = await hub.follow(ROOM, None)
    world.store.hidden = 2
    await world.emit(ROOM, 3)
    assert await collect(live, 1) == [1]
    behind = await hub.follow(ROOM, 0)
    waiting = [asyncio.create_task(collect(live, 2)), asyncio.create_task(collect(behind, 3))]
    await asyncio.sleep(0.1)
    world.store.hidden = 0
    assert await asyncio.gather(*waiting) == [[2, 3], [1, 2, 3]]


def test_a_replay_from_a_store_that_lags_is_taken_up_when_it_shows_the_events(world: World) -> None:
    async def scenario() -> list[int]:
        world.store.emit(ROOM, 10)
        world.store.hidden = 10
        async with opened(world) as hub:
            follower = await hub.follow(ROOM, 4)
            asyncio.get_running_loop().call_later(5, setattr, world.store, "hidden", 0)
            return await collect(follower, 6)

    assert instantly(scenario()) == [5, 6, 7, 8, 9, 10]


def test_a_seq_that_never_comes_is_looked_for_a_few_times_only(world: World) -> None:
    async def scenario() -> list[int]:
        async with opened(world) as hub:
            follower = await hub.follow(ROOM, None)
            await world.bus.publish([Signal(ROOM, 99)])
            await asyncio.sleep(NEVER / 2)
            assert world.store.calls["read"] == LAG_TRIES
            await world.emit(ROOM)
            return await collect(follower, 1)

    assert instantly(scenario()) == [1]


@pytest.mark.parametrize(("after", "kept_above"), [(2, 4), (0, 10), (99, 0)], ids=["part", "all", "ahead"])
async def test_a_cursor_whose_past_is_not_there_is_a_gap(
    world: World, hub: Hub, after: int, kept_above: int
) -> None:
    await world.emit(ROOM, 10)
    world.store.forget(ROOM, kept_above)
    follower = await hub.follow(ROOM, after)
    assert (follower.position, follower.is_gap) == (10, True)
    await world.emit(ROOM)
    assert await collect(follower, 1) == [11]


async def test_a_cursor_just_before_the_oldest_event_is_no_gap(world: World, hub: Hub) -> None:
    await world.emit(ROOM, 10)
    world.store.forget(ROOM, 4)
    follower = await hub.follow(ROOM, 4)
    assert (follower.position, follower.is_gap) == (4, False)
    assert await collect(follower, 6) == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("kept", [0, 300])
async def test_who_reads_so_slowly_that_events_are_deleted_is_told(world: World, hub: Hub, kept: int) -> None:
    slow, quick = await hub.follow(ROOM, None), await hub.follow(ROOM, None)
    newest = KEPT * 3
    await world.emit(ROOM, newest)
    await collect(quick, newest)
    world.store.forget(ROOM, newest - kept)
    with pytest.raises(PastGoneError):
        await slow.next()
    await world.emit(ROOM)
    assert await collect(slow, 1) == [newest + 1]


async def test_events_deleted_before_the_process_read_them_are_a_gap_for_all(world: World, hub: Hub) -> None:
    follower = await hub.follow(ROOM, None)
    await world.emit(ROOM, 3)
    assert await collect(follower, 3) == [1, 2, 3]
    world.store.emit(ROOM, 8)
    world.store.forget(ROOM, 6)
    world.bus.tell_gap()
    with pytest.raises(PastGoneError):
        await follower.next()
    await world.emit(ROOM)
    assert await collect(follower, 1) == [12]


async def test_slow_followers_cost_no_memory_and_miss_nothing(world: World, hub: Hub) -> None:
    slow, quick = await hub.follow(ROOM, None), await hub.follow(ROOM, None)
    for _ in range(10):
        await world.emit(ROOM, KEPT)
        await collect(quick, KEPT)
    assert len(slow.feed.tail._events) == KEPT
    assert await collect(slow, 10 * KEPT) == list(range(1, 10 * KEPT + 1))
    assert world.store.calls["read"] == 10 + 9


async def test_passing_events_come_as_they_happen_and_never_again(world: World, hub: Hub) -> None:
    await world.emit(ROOM, 2)
    await world.emit(FACE, 2)
    follower = await hub.follow(ROOM, 1, passing=[FACE, FACE, ROOM])
    assert [(e.topic, e.seq) for e in await follower.next()] == [(ROOM, 2)]
    await world.emit(FACE)
    assert [(e.topic, e.seq) for e in await follower.next()] == [(FACE, 3)]
    assert follower.position == 2
    again = await hub.follow(ROOM, 1, passing=[FACE])
    assert [(e.topic, e.seq) for e in await again.next()] == [(ROOM, 2)]
    await world.emit(FACE)
    await world.emit(ROOM)
    for each in (follower, again):
        found = await collect_both(each, 2)
        assert sorted(found) == [(FACE, 4), (ROOM, 3)]


async def collect_both(follower: Follower, count: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            found += [(event.topic, event.seq) for event in await follower.next()]
    return found


async def test_passing_events_stand_behind_the_place_that_they_repeat(world: World, hub: Hub) -> None:
    follower = await hub.follow(ROOM, None, passing=[FACE])
    await world.emit(FACE)
    await world.emit(ROOM)
    await read_up_to(hub, {FACE: 1, ROOM: 1})
    assert [(e.topic, e.seq) for e in await follower.next()] == [(ROOM, 1), (FACE, 1)]
    assert follower.position == 1


async def test_of_passing_events_a_slow_reader_is_kept_the_newest_hundred(world: World, hub: Hub) -> None:
    follower = await hub.follow(ROOM, None, passing=[FACE])
    await world.emit(FACE, 250)
    await read_up_to(hub, {FACE: 250})
    assert seqs(await follower.next()) == list(range(151, 251))


def test_an_outage_of_the_store_is_waited_out_and_logged_once(world: World) -> None:
    async def scenario() -> None:
        async with opened(world, sweep_seconds=0.01) as hub:
            follower = await hub.follow(ROOM, None)
            world.store.failures = 20
            await world.emit(ROOM, 2)
            behind = await hub.follow(ROOM, 0)
            assert await collect(follower, 2) == await collect(behind, 2) == [1, 2]

    with capture_logs() as logs:
        instantly(scenario())
    assert world.store.failures == 0
    assert [entry["event"] for entry in logs] == ["event_store_failing", "event_store_answers_again"]


async def test_waiting_can_be_given_up_and_taken_up_again(world: World, hub: Hub) -> None:
    follower = await hub.follow(ROOM, None)
    found: list[int] = []
    for number in range(1, 40):
        await world.emit(ROOM)
        try:
            async with asyncio.timeout(0.0005 * (number % 5)):
                found += seqs(await follower.next())
        except TimeoutError:
            continue
    found += await collect(follower, 39 - len(found))
    assert found == list(range(1, 40))


async def test_a_follower_given_up_while_it_replays_takes_no_answer_from_others(
    world: World, hub: Hub
) -> None:
    await world.emit(ROOM, 3)
    first, second = await hub.follow(ROOM, 0), await hub.follow(ROOM, 0)
    giving_up = asyncio.create_task(first.next())
    staying = asyncio.create_task(second.next())
    await asyncio.sleep(0)
    giving_up.cancel()
    assert seqs(await staying) == [1, 2, 3]
    assert seqs(await first.next()) == [1, 2, 3]


async def test_a_closed_follower_hands_out_nothing_and_may_be_closed_again(world: World, hub: Hub) -> None:
    follower = await hub.follow(ROOM, None, passing=[FACE])
    waiting = asyncio.create_task(follower.next())
    await asyncio.sleep(0.01)
    follower.close()
    follower.close()
    with pytest.raises(ClosedError):
        await waiting
    with pytest.raises(ClosedError):
        await follower.next()


async def test_the_last_follower_takes_its_topics_along(world: World, hub: Hub) -> None:
    first = await hub.follow(ROOM, None, passing=[FACE])
    second = await hub.follow(ROOM, None)
    first.close()
    assert (set(world.bus._receivers), set(hub._tails)) == ({ROOM}, {ROOM})
    second.close()
    assert (set(world.bus._receivers), set(hub._tails)) == (set(), set())
    await world.emit(ROOM)
    assert world.store.calls["read"] == 0


async def test_following_that_is_given_up_leaves_nothing(world: World, hub: Hub) -> None:
    world.store.failures = 1000
    following = asyncio.create_task(hub.follow(ROOM, None, passing=[FACE]))
    await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert (set(world.bus._receivers), set(hub._tails), hub._feeds) == (set(), set(), set())


async def test_closing_the_hub_ends_all_that_waits(world: World) -> None:
    async with opened(world) as hub:
        live = await hub.follow(ROOM, None)
        await world.emit("other", 3)
        behind = await hub.follow("other", 0)
        world.store.failures = 1000
        waiting: list[asyncio.Task[object]] = []
        waiting += [asyncio.create_task(follower.next()) for follower in (live, behind)]
        waiting.append(asyncio.create_task(hub.follow("third", None)))
        await asyncio.sleep(0.01)
    for ended in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(ended, ClosedError)
    with pytest.raises(ClosedError):
        await hub.follow(ROOM, None)
