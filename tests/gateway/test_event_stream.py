"""One subscription as server-sent events, without a server: what it sends to what happens."""

import asyncio
from datetime import timedelta

import orjson
import pytest

from gateway.context import Caller
from gateway.transport.heart import Heart
from gateway.transport.sse import EventStream
from kit.clock import now
from resolvers.context import Request, Viewer
from tests.gateway.sessions import turn
from tests.gateway.sockets import eventually
from tests.gateway.stubs import Prepared

STREAM = "subscription { ticks }"


class Response:
    """What the client gets, as long as it takes it."""

    def __init__(self):
        self.sent = []
        self.is_ended = False
        self.open = asyncio.Event()
        self.open.set()
        self._gone = asyncio.Event()

    async def send(self, message):
        await self.open.wait()
        assert not self.is_ended
        if message["type"] == "http.response.body":
            self.sent.append(message["body"])
            if not message.get("more_body"):
                self.is_ended = True
                self._gone.set()

    async def receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def go(self):
        self._gone.set()

    @property
    def text(self):
        return b"".join(self.sent).decode()


@pytest.fixture
async def response():
    return Response()


@pytest.fixture
async def begin(desk, response):
    """Open one; `text` says how it goes."""
    tasks = []

    async def opened(text=STREAM, viewer=None, cursors=()):
        caller = Caller(desk.services, Request(), viewer, request_id="r" * 32)
        stream = EventStream(desk, caller, response.send)
        tasks.append(asyncio.create_task(stream.run(Prepared(text), cursors, response.receive, [])))
        await turn()
        return desk.answering.streams[-1] if desk.answering.streams else None

    yield opened
    response.go()
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert (len(desk.lives), desk.metrics.streams["sse"]) == (0, 0)
    assert not any(desk.heart._slots)
    assert not desk.services.ended_sessions._watchers
    assert all(stream.is_closed for stream in desk.answering.streams)


def event(payload, cursor=None):
    head = f"id: {cursor}\n" if cursor else ""
    return f"{head}event: next\ndata: {payload}\n\n"


COMPLETE = "event: complete\ndata:\n\n"


async def test_each_answer_is_an_event_with_its_cursor(begin, response):
    stream = await begin()
    stream.reader.next(b'"one"', "c1")
    stream.reader.next(b'"two"', None)
    stream.reader.complete()
    await turn()
    assert response.text == event('"one"', "c1") + event('"two"') + COMPLETE
    assert response.is_ended


async def test_it_begins_behind_the_last_event_of_its_client(begin):
    assert (await begin(cursors=["c"])).cursors == ["c"]


@pytest.mark.parametrize("how", ["refuse", "refuse wait"])
async def test_a_refusal_is_an_event_too(begin, response, desk, how):
    await begin(f"subscription {how}")
    desk.answering.go.set()
    await turn()
    payload = orjson.loads(response.text.partition("data: ")[2].partition("\n")[0])
    assert (payload["data"], payload["errors"][0]["extensions"]["code"]) == (None, "FORBIDDEN")
    assert response.text.endswith(COMPLETE)


@pytest.mark.parametrize("how", ["fail", "wait"])
async def test_what_cannot_be_opened_by_our_fault_ends_without_complete(begin, response, desk, narrow, how):
    desk.settings = narrow.model_copy(update={"operation_seconds": 0.05})
    await begin(f"subscription {how}")
    await eventually(lambda: response.is_ended)
    assert response.text == ""


async def test_what_breaks_by_our_fault_ends_without_complete(begin, response):
    stream = await begin()
    stream.reader.next(b"1", "c")
    stream.reader.broken()
    await turn()
    assert (response.text, response.is_ended) == (event("1", "c"), True)


async def test_a_quiet_stream_gives_a_sign_of_life(begin, response, desk):
    desk.heart = Heart(0.12)
    await begin()
    await eventually(lambda: response.text == ":\n\n" * 2)


async def test_who_goes_away_while_it_is_opened_leaves_nothing(begin, response, desk):
    await begin("subscription wait")
    response.go()
    desk.answering.go.set()
    await turn()


# Clients that read slowly


async def test_what_waits_comes_in_order_and_of_states_only_the_last(begin, response):
    stream = await begin()
    response.open.clear()
    stream.reader.next(b"0", "c0")
    for number in range(20):
        stream.reader.next(b"%d" % number, "c0", "typing")
    stream.reader.next(b'"said"', "c1")
    stream.reader.next(b'"typing"', "c1", "typing")
    response.open.set()
    await turn(10)
    assert response.text == event("0", "c0") + event('"said"', "c1") + event('"typing"', "c1")


@pytest.mark.parametrize(("payload", "most"), [(b"1", 6), (b'"' + b"x" * 600 + b'"', 3)])
async def test_who_does_not_read_is_told_so_behind_what_was_read(begin, response, desk, payload, most):
    """One is on its way, so many wait; all that waits is let go of."""
    stream = await begin()
    response.open.clear()
    for number in range(most):
        stream.reader.next(payload, f"c{number}")
        await turn()
    assert desk.metrics.slow_readers["sse"] == 0
    stream.reader.next(payload, "too many")
    stream.reader.next(payload, "more")
    assert desk.metrics.slow_readers["sse"] == 1
    await turn()
    assert stream.is_closed
    response.open.set()
    await turn(10)
    ended = event('{"data":{"ended":"TOO_SLOW","cursor":"c0"}}', "c0")
    assert (response.text, response.is_ended) == (event(payload.decode(), "c0") + ended, True)


async def test_a_stream_that_can_wait_waits_for_its_reader(begin, response):
    stream = await begin()
    await asyncio.wait_for(stream.reader.drained(), 1)
    response.open.clear()
    stream.reader.next(b"1", None)
    waiting = asyncio.create_task(stream.reader.drained())
    await turn()
    assert not waiting.done()
    response.open.set()
    await asyncio.wait_for(waiting, 1)


# How it ends


async def test_a_process_that_stops_says_so_behind_all_that_was_told(begin, response, desk):
    stream = await begin()
    response.open.clear()
    stream.reader.next(b"1", "c1")
    stream.reader.next(b"2", "c2")
    draining = asyncio.create_task(desk.lives.drain(5))
    await turn()
    stream.reader.next(b'"late"', "c3")
    response.open.set()
    await asyncio.wait_for(draining, 1)
    ended = event('{"data":{"ended":"SHUTTING_DOWN","cursor":null}}')
    assert response.text == event("1", "c1") + event("2", "c2") + ended
    assert response.is_ended


async def test_a_process_that_stops_waits_only_so_long(begin, response, desk):
    await begin("subscription wait")
    response.open.clear()
    await asyncio.wait_for(desk.lives.drain(0.05), 1)
    response.open.set()
    desk.answering.go.set()


async def test_a_token_that_runs_out_ends_it_within_a_second_without_complete(begin, response, desk, ada):
    ends_at = now() + timedelta(seconds=1)
    stream = await begin(viewer=Viewer(ada.id, ada.session, ends_at))
    await eventually(lambda: response.is_ended)
    assert (now() < ends_at + timedelta(seconds=1), response.text) == (True, "")
    stream.reader.next(b'"late"', None)


async def test_a_session_that_ends_ends_its_streams_in_the_same_turn(begin, response, desk, ada):
    stream = await begin(viewer=Viewer(ada.id, ada.session, now() + timedelta(minutes=1)))
    desk.services.ended_sessions.add(ada.session, now())
    stream.reader.next(b'"late"', None)
    await turn()
    assert (response.is_ended, response.text) == (True, "")
