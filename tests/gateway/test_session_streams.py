"""Streams of a session, and clients that read them slowly."""

import asyncio

import orjson
import pytest

from gateway.transport.ws import Session
from resolvers.context import Request
from tests.gateway.sessions import QUERY, STREAM, Wire, ask, begin, listen, say, told, turn

# Streams


async def test_a_stream_is_told_and_completed(session, wire):
    await begin(session)
    (stream,) = await listen(session, "s")
    stream.reader.next(b'"one"', "c1")
    stream.reader.next(b'"two"', "c2")
    stream.reader.complete()
    stream.reader.complete()
    stream.reader.next(b'"three"', "c3")
    await turn()
    assert wire.heard() == [told("s", "one"), told("s", "two"), {"id": "s", "type": "complete"}]
    assert stream.is_closed


async def test_a_stream_begins_behind_what_its_client_has_seen(session):
    await begin(session, cursors=["a", "b"])
    (stream,) = await listen(session, "s")
    assert stream.cursors == ["a", "b"]


async def test_what_is_told_to_stop_tells_nothing_more(session, wire):
    await begin(session)
    (stream,) = await listen(session, "s")
    say(session, type="complete", id="s")
    stream.reader.next(b'"late"', "c")
    stream.reader.complete()
    await turn()
    assert (wire.heard(), stream.is_closed) == ([], True)


async def test_what_is_told_to_stop_while_it_is_opened_is_not_opened(session, wire, answering):
    await begin(session)
    ask(session, "s", "subscription wait")
    await turn()
    say(session, type="complete", id="s")
    await turn()
    assert (answering.cancelled, answering.streams, wire.heard()) == (["subscription wait"], [], [])


async def test_one_stream_too_many_is_refused_and_the_others_go_on(session, wire):
    await begin(session)
    streams = await listen(session, "1", "2", "3", "4")
    ask(session, "5", STREAM)
    await turn()
    (error,) = wire.heard()
    assert (error["type"], error["id"], error["payload"][0]["extensions"]["code"]) == (
        "error",
        "5",
        "BAD_USER_INPUT",
    )
    streams[0].reader.next(b'"x"', None)
    assert wire.heard() == [told("1")]
    say(session, type="complete", id="1")
    await listen(session, "5")
    assert wire.heard() == []


async def test_the_same_event_for_streams_of_one_name_is_one_frame(desk, ada):
    frames = []
    for _ in range(2):
        made = Session(desk, Wire(), Request(), "r")
        await begin(made)
        (stream,) = await listen(made, "1")
        frames.append((made, stream))
    payload = b'"shared"'
    for _made, stream in frames:
        stream.reader.next(payload, None)
    first, second = (made.wire.frames[-1] for made, _ in frames)
    assert first is second
    for made, _ in frames:
        made.lost()


@pytest.mark.parametrize("size", [1, 100, 125, 126, 200, 65_535, 70_000])
async def test_frames_of_any_size_are_whole(session, wire, size):
    await begin(session)
    (stream,) = await listen(session, "s")
    stream.reader.next(orjson.dumps("x" * size), None)
    assert wire.heard() == [told("s", "x" * size)]


async def test_a_stream_that_breaks_by_our_fault_sends_all_away_to_come_again(session, wire):
    await begin(session)
    one, two = await listen(session, "1", "2")
    one.reader.broken()
    await turn()
    assert wire.closed[0] == 1012
    assert (one.is_closed, two.is_closed) == (True, True)


async def test_a_stream_that_cannot_be_opened_by_our_fault_sends_away_to_come_again(session, wire):
    await begin(session)
    ask(session, "1", "subscription fail")
    await turn()
    assert wire.closed[0] == 1012


# Clients that read slowly


async def test_what_waits_comes_in_order_once_the_client_reads(session, wire):
    await begin(session)
    (stream,) = await listen(session, "s")
    wire.is_paused = True
    for number in range(3):
        stream.reader.next(b"%d" % number, None)
    ask(session, "q", QUERY)
    await turn()
    stream.reader.complete()
    assert wire.heard() == []
    wire.resume()
    assert wire.heard() == [
        *(told("s", number) for number in range(3)),
        told("q", {"data": {"hello": "there"}}),
        {"id": "q", "type": "complete"},
        {"id": "s", "type": "complete"},
    ]


async def test_of_states_only_the_last_waits_behind_what_is_durable(session, wire):
    await begin(session)
    one, two = await listen(session, "1", "2")
    wire.is_paused = True
    one.reader.next(b'"typing"', "c1", "typing")
    two.reader.next(b'"typing"', "c1", "typing")
    one.reader.next(b'"said"', "c2")
    for _ in range(20):
        one.reader.next(b'"typing still"', "c2", "typing")
    wire.resume()
    assert wire.heard() == [told("2", "typing"), told("1", "said"), told("1", "typing still")]


@pytest.mark.parametrize(("payload", "most"), [(b"1", 5), (b'"' + b"x" * 600 + b'"', 2)])
async def test_who_does_not_read_is_sent_away_with_1013_and_nothing_is_kept(
    session, wire, desk, payload, most
):
    await begin(session)
    (stream,) = await listen(session, "s")
    wire.is_paused = True
    for _ in range(most):
        stream.reader.next(payload, None)
    assert wire.closed is None
    stream.reader.next(payload, None)
    assert wire.closed == (1013, "You read too slowly")
    stream.reader.next(payload, None)
    await turn()
    assert (stream.is_closed, session._outbox, wire.heard()) == (True, None, [])
    assert (desk.metrics.slow_readers["websocket"], desk.metrics.closes[1013]) == (1, 1)


async def test_what_waits_for_a_stream_that_was_stopped_is_left_out(session, wire):
    await begin(session)
    one, two = await listen(session, "1", "2")
    wire.is_paused = True
    one.reader.next(b'"x"', None)
    two.reader.next(b'"x"', None)
    say(session, type="complete", id="1")
    wire.resume()
    assert wire.heard() == [told("2")]


async def test_a_stream_that_can_wait_waits_for_its_reader(session, wire):
    await begin(session)
    (stream,) = await listen(session, "s")
    await asyncio.wait_for(stream.reader.drained(), 1)
    wire.is_paused = True
    stream.reader.next(b"1", None)
    waiting = asyncio.create_task(stream.reader.drained())
    await turn()
    assert not waiting.done()
    wire.resume()
    await asyncio.wait_for(waiting, 1)


async def test_a_slow_client_that_pauses_again_gets_the_rest_later(session, wire):
    await begin(session)
    (stream,) = await listen(session, "s")
    wire.is_paused = True
    for number in range(4):
        stream.reader.next(b"%d" % number, None)
    write = wire.write

    def write_and_pause(data):
        write(data)
        wire.is_paused = True

    wire.write = write_and_pause
    for number in range(4):
        wire.resume()
        assert wire.heard() == [told("s", number)]
    wire.resume()
    assert session._outbox is None
