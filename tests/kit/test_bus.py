"""What every bus does. A new adapter joins `kinds` and passes as it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import asyncpg
import pytest

from kit.bus import MAX_PAYLOAD, Bus, LocalBus, Signal
from kit.bus_postgres import PostgresBus, pack, unpack

Two = tuple[Bus, Bus]


class Heard(list[Signal]):
    """A receiver that remembers, and can be waited for."""

    async def until(self, count: int) -> "Heard":
        async with asyncio.timeout(30):
            while len(self) < count:  # noqa: ASYNC110 - a receiver is a plain function
                await asyncio.sleep(0.005)
        return self


def signals(topic: str, *seqs: int) -> list[Signal]:
    return [Signal(topic, seq) for seq in seqs]


@pytest.fixture(params=["local", "postgres"])
async def ends(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Two]:
    """Two processes' worth of one bus; a local bus is one process, so both ends are the same."""
    if request.param == "local":
        local = LocalBus()
        made: Two = (local, local)
    else:
        made = (PostgresBus(database_url), PostgresBus(database_url))
    async with AsyncExitStack() as stack:
        for bus in set(made):
            await bus.start()
            stack.push_async_callback(bus.close)
        yield made


async def test_a_signal_reaches_both_processes_once(ends: Two) -> None:
    here, there = Heard(), Heard()
    ends[0].subscribe("a", here.append)
    ends[1].subscribe("a", there.append)
    await ends[0].publish([Signal("a", 1, b"\x00\xff")])
    assert here == [Signal("a", 1, b"\x00\xff")]
    await there.until(1)
    await ends[1].publish(signals("a", 2))
    await here.until(2)
    assert here == there == [Signal("a", 1, b"\x00\xff"), Signal("a", 2)]


async def test_signals_of_one_topic_arrive_in_the_order_they_were_published(ends: Two) -> None:
    there = Heard()
    ends[1].subscribe("a", there.append)
    for seq in range(1, 51):
        await ends[0].publish(signals("a", seq))
    assert await there.until(50) == signals("a", *range(1, 51))


async def test_a_receiver_hears_its_own_topic_alone(ends: Two) -> None:
    a, ab, everything = Heard(), Heard(), Heard()
    ends[1].subscribe("a", a.append)
    ends[1].subscribe("a:b", ab.append)
    ends[1].subscribe("a*", everything.append)
    await ends[0].publish([*signals("a", 1), *signals("a:b", 7), *signals("c", 9), *signals("a", 2)])
    await a.until(2)
    assert (a, ab, everything) == (signals("a", 1, 2), signals("a:b", 7), [])


async def test_who_unsubscribed_hears_nothing_more(ends: Two) -> None:
    gone, stays = Heard(), Heard()
    undo = ends[1].subscribe("a", gone.append)
    ends[1].subscribe("a", stays.append)
    await ends[0].publish(signals("a", 1))
    await stays.until(1)
    undo()
    undo()
    await ends[0].publish(signals("a", 2))
    await stays.until(2)
    assert (gone, stays) == (signals("a", 1), signals("a", 1, 2))


async def test_a_receiver_may_unsubscribe_another_while_it_hears(ends: Two) -> None:
    second, last = Heard(), Heard()
    undone: list[Callable[[], None]] = []
    ends[1].subscribe("a", lambda _signal: undone[0]())
    undone.append(ends[1].subscribe("a", second.append))
    ends[1].subscribe("a", last.append)
    await ends[0].publish(signals("a", 1))
    await last.until(1)
    assert second == []


async def test_publishing_to_nobody_is_no_error(ends: Two) -> None:
    there = Heard()
    await ends[0].publish([])
    await ends[0].publish(signals("nobody", 1))
    ends[1].subscribe("a", there.append)
    await ends[0].publish(signals("a", 1))
    assert await there.until(1) == signals("a", 1)


async def test_a_receiver_that_raises_harms_neither_others_nor_the_publisher(ends: Two) -> None:
    def fail(_signal: Signal) -> None:
        raise RuntimeError("no")

    there = Heard()
    for bus in set(ends):
        bus.subscribe("a", fail)
    ends[1].subscribe("a", there.append)
    await ends[0].publish(signals("a", 1))
    await ends[0].publish(signals("a", 2))
    assert await there.until(2) == signals("a", 1, 2)


async def test_a_burst_of_a_thousand_arrives_whole(ends: Two) -> None:
    there = Heard()
    ends[1].subscribe("a", there.append)
    for start in range(1, 1001, 10):
        await ends[0].publish(signals("a", *range(start, start + 10)))
    assert await there.until(1000) == signals("a", *range(1, 1001))


async def test_equal_signals_are_not_folded_into_one(ends: Two) -> None:
    there = Heard()
    ends[1].subscribe("a", there.append)
    await ends[0].publish([Signal("a", 0, b"typing")] * 400)
    assert len(await there.until(400)) == 400


async def test_a_payload_that_is_too_large_is_left_behind(ends: Two) -> None:
    here, there = Heard(), Heard()
    ends[0].subscribe("a", here.append)
    ends[1].subscribe("a", there.append)
    most = bytes(MAX_PAYLOAD)
    await ends[0].publish([Signal("a", 1, most), Signal("a", 2, most + b"x"), Signal("a", 3)])
    await there.until(3)
    assert here == there == [Signal("a", 1, most), *signals("a", 2, 3)]


@pytest.mark.parametrize("topic", ["x" * 20_000, "\ud800"], ids=["endless", "lone surrogate"])
async def test_a_topic_that_cannot_be_sent_takes_nothing_with_it(ends: Two, topic: str) -> None:
    there = Heard()
    ends[1].subscribe("a\x00é", there.append)
    await ends[0].publish([Signal(topic, 1), Signal("a\x00é", 2)])
    assert await there.until(1) == signals("a\x00é", 2)


async def test_what_was_published_before_closing_is_sent(ends: Two) -> None:
    there = Heard()
    ends[1].subscribe("a", there.append)
    await ends[0].publish(signals("a", *range(1, 501)))
    await ends[0].close()
    await ends[0].publish(signals("a", 501))
    if ends[0] is not ends[1]:
        assert await there.until(500) == signals("a", *range(1, 501))


async def _terminate(dsn: str, application: str) -> int:
    admin = await asyncpg.connect(dsn)
    try:
        return len(
            await admin.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = $1 and datname = current_database()",
                application,
            )
        )
    finally:
        await admin.close()


@pytest.fixture
async def pair(database_url: str) -> AsyncIterator[tuple[PostgresBus, PostgresBus]]:
    first, second = PostgresBus(database_url), PostgresBus(database_url)
    await first.start()
    await second.start()
    yield first, second
    await first.close()
    await second.close()


async def test_a_lost_connection_is_opened_again_and_the_gap_is_told(
    pair: tuple[PostgresBus, PostgresBus], database_url: str
) -> None:
    there, gaps = Heard(), asyncio.Semaphore(0)
    pair[1].subscribe("a", there.append)
    undo = pair[1].on_gap(gaps.release)
    assert await _terminate(database_url, "bus_ear") == 2
    await asyncio.wait_for(gaps.acquire(), 30)
    await pair[0].publish(signals("a", 1))
    await there.until(1)
    assert await _terminate(database_url, "bus_voice") == 1
    await pair[0].publish(signals("a", 2))
    assert await there.until(2) == signals("a", 1, 2)
    undo()
    assert gaps.locked()


async def test_signals_wait_while_nothing_can_be_told(
    pair: tuple[PostgresBus, PostgresBus], database_url: str
) -> None:
    there = Heard()
    pair[1].subscribe("a", there.append)
    await pair[0].publish(signals("a", 1))
    await there.until(1)
    for seq in range(2, 40):
        await _terminate(database_url, "bus_voice")
        await pair[0].publish(signals("a", seq))
    await there.until(39)
    assert sorted({signal.seq for signal in there}) == list(range(1, 40))


async def test_a_bus_that_is_out_of_reach_neither_raises_nor_blocks() -> None:
    bus = PostgresBus("postgresql://nobody@127.0.0.1:1/none")
    here = Heard()
    bus.subscribe("a", here.append)
    starting = asyncio.create_task(bus.start())
    await asyncio.sleep(0.05)
    await bus.publish(signals("a", 1))
    assert here == signals("a", 1)
    starting.cancel()
    await bus.close()


async def test_words_of_others_on_the_channel_are_passed_over(
    pair: tuple[PostgresBus, PostgresBus], database_url: str
) -> None:
    there = Heard()
    pair[1].subscribe("a", there.append)
    admin = await asyncpg.connect(database_url)
    for message in ("", "{}", "nonsense", "[]", '["x",1,7]', '["x",1,["a"]]', '["x",1,["a",1,"?"]]'):
        await admin.execute("select pg_notify('bus', $1)", message)
    await admin.close()
    await pair[0].publish(signals("a", 1))
    assert await there.until(1) == signals("a", 1)


def test_many_signals_share_a_message_and_none_is_too_long() -> None:
    many = [Signal(f"room:{number:036}", number) for number in range(1000)]
    messages = list(pack("0" * 32, iter(range(1000)), many))
    assert max(len(message.encode()) for message in messages) <= 7_999
    assert len(messages) == 7
    assert [signal for message in messages for signal in unpack(message)[1]] == many
