"""How a session ends: with its token, with the process."""

import asyncio
from datetime import timedelta

import pytest

from gateway.transport.ws import Session
from kit.clock import now
from resolvers.context import Request
from tests.gateway.sessions import QUERY, ask, begin, listen, say, turn
from tests.gateway.sockets import eventually
from tests.gateway.stubs import Somebody

SECOND = timedelta(seconds=1)


# Tokens


async def test_a_token_is_renewed_by_a_ping_and_not_sent_back(session, wire, desk, ada):
    await begin(session, ada.bearer(desk, left=3 * SECOND))
    say(session, type="ping", payload={"Authorization": ada.bearer(desk)})
    await turn()
    assert wire.heard() == [{"type": "pong"}]
    await asyncio.sleep(3)
    assert wire.closed is None


@pytest.mark.parametrize("kind", ["bad", "somebody else's", "after nobody"])
async def test_another_token_than_one_of_the_same_person_ends_the_socket_with_4403(
    session, wire, desk, ada, kind
):
    await begin(session, None if kind == "after nobody" else ada.bearer(desk))
    given = {"bad": "Bearer x", "somebody else's": Somebody().bearer(desk), "after nobody": ada.bearer(desk)}[
        kind
    ]
    say(session, type="ping", payload={"Authorization": given})
    await turn()
    assert wire.closed[0] == 4403


async def test_a_token_that_runs_out_ends_the_socket_with_4403_within_a_second(session, wire, desk, ada):
    await begin(session, ada.bearer(desk, left=2 * SECOND))
    (stream,) = await listen(session, "s")
    loop = asyncio.get_running_loop()
    began = loop.time()
    await eventually(lambda: wire.closed is not None)
    assert wire.closed == (4403, "Token expired")
    assert loop.time() - began <= 3
    await turn()
    assert stream.is_closed


async def test_a_session_that_ends_closes_its_sockets_in_the_same_turn(session, wire, desk, ada):
    await begin(session, ada.bearer(desk))
    (stream,) = await listen(session, "s")
    desk.services.ended_sessions.add(ada.session, now())
    assert wire.closed == (4403, "Session ended")
    stream.reader.next(b'"late"', None)
    await turn()
    assert (wire.heard(), stream.is_closed) == ([], True)


async def test_another_session_of_the_same_person_lives_on(session, wire, desk, ada):
    await begin(session, ada.bearer(desk))
    desk.services.ended_sessions.add(Somebody().session, now())
    assert wire.closed is None


async def test_after_a_refresh_the_new_session_is_the_one_that_counts(session, wire, desk, ada):
    await begin(session, ada.bearer(desk))
    other = Somebody().session
    say(session, type="ping", payload={"Authorization": ada.bearer(desk, session=other)})
    await turn()
    desk.services.ended_sessions.add(ada.session, now())
    assert wire.closed is None
    desk.services.ended_sessions.add(other, now())
    assert wire.closed == (4403, "Session ended")


async def test_who_ends_their_own_session_gets_the_answer_first_and_no_event(
    session, wire, desk, ada, answering
):
    await begin(session, ada.bearer(desk))
    (stream,) = await listen(session, "s")
    ask(session, "out", "mutation wait")
    await turn()
    desk.services.ended_sessions.add(ada.session, now())
    stream.reader.next(b'"late"', None)
    ask(session, "more", QUERY)
    await turn()
    assert (wire.closed, wire.heard()) == (None, [])
    answering.go.set()
    await turn()
    assert [each["id"] for each in wire.heard()] == ["out", "out"]
    assert wire.closed == (4403, "Session ended")


async def test_an_answer_that_does_not_come_does_not_keep_an_ended_session(session, wire, desk, ada):
    await begin(session, ada.bearer(desk))
    ask(session, "1", "mutation wait")
    await turn()
    desk.services.ended_sessions.add(ada.session, now())
    await asyncio.sleep(0.9)
    assert wire.closed == (4403, "Session ended")


# The end of the process


async def test_a_process_that_stops_sends_listeners_away_with_1012(session, wire, desk):
    await begin(session)
    (stream,) = await listen(session, "s")
    await asyncio.wait_for(desk.lives.drain(5), 1)
    assert wire.closed == (1012, "The server restarts")
    await turn()
    assert stream.is_closed


async def test_a_process_that_stops_answers_first_what_it_was_asked(session, wire, desk, answering):
    await begin(session)
    (stream,) = await listen(session, "s")
    ask(session, "1", "query wait")
    await turn()
    draining = asyncio.create_task(desk.lives.drain(5))
    await turn()
    ask(session, "2", QUERY)
    stream.reader.next(b'"late"', None)
    assert (wire.closed, wire.heard(), stream.is_closed) == (None, [], True)
    answering.go.set()
    await asyncio.wait_for(draining, 1)
    assert [each["id"] for each in wire.heard()] == ["1", "1"]
    assert wire.closed[0] == 1012


async def test_a_process_that_stops_waits_only_so_long(session, wire, desk):
    await begin(session)
    ask(session, "1", "query wait")
    await turn()
    await asyncio.wait_for(desk.lives.drain(0.05), 1)
    assert wire.closed[0] == 1012


async def test_who_comes_while_the_process_stops_is_sent_away_too(desk, wire):
    await desk.lives.drain(0.05)
    made = Session(desk, wire, Request(), "r")
    assert wire.closed[0] == 1012
    made.lost()
