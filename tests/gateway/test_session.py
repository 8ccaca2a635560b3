"""What a session says to what it hears: messages, the beginning, pings, questions."""

import asyncio

import pytest

from gateway.transport.documents import digest
from gateway.transport.heart import Heart
from gateway.transport.messages import LONGEST_ID
from gateway.transport.ws import Session
from resolvers.context import Request
from tests.gateway.sessions import QUERY, ask, begin, listen, say, told, turn
from tests.gateway.sockets import eventually

# What is a message


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "5", "null", "[]", '"x"', "{}", '[{"type":"ping"}]', "\\u0000", '{"type":"dance"}'),
        *('{"type":5}', '{"type":["x"]}', '{"type":{}}', '{"type":null}', '{"type":"next","id":"1"}'),
        '{"type":"ping","payload":5}',
        '{"type":"ping","payload":[]}',
        '{"type":"ping","payload":{"authorization":5}}',
        '{"type":"pong","payload":"x"}',
        '{"type":"connection_init","payload":[]}',
        '{"type":"connection_init","payload":{"authorization":5}}',
        '{"type":"connection_init","payload":{"cursors":"x"}}',
        '{"type":"connection_init","payload":{"cursors":[5]}}',
        '{"type":"connection_init","payload":{"cursors":' + str(["x"] * 1001).replace("'", '"') + "}}",
        '{"type":"complete"}',
        '{"type":"complete","id":""}',
        '{"type":"complete","id":{}}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","id":"1","payload":null}',
        '{"type":"subscribe","id":"1","payload":{"query":""}}',
        '{"type":"subscribe","id":"1","payload":{"query":"query","documentId":5}}',
        '{"type":"subscribe","id":"1","payload":{"query":"query","extensions":[]}}',
        '{"type":"subscribe","id":"' + "x" * (LONGEST_ID + 1) + '","payload":{"query":"query"}}',
        '{"type":"ping","payload":' + '{"a":' * 5000 + "1" + "}" * 5001,
        '{"type":"ping","payload":{"a":"\\ud800"}}',
    ],
)
async def test_what_is_no_message_ends_the_socket_with_4400(session, wire, text):
    if "connection_init" not in text:
        await begin(session)
    session.hear(text.encode(), is_text=True)
    await turn()
    assert wire.closed[0] == 4400
    assert wire.heard() == []


async def test_a_binary_message_ends_the_socket_with_4400(session, wire):
    session.hear(b'{"type":"ping"}', is_text=False)
    assert wire.closed[0] == 4400


async def test_after_the_end_nothing_is_heard(session, wire):
    session.hear(b"{", is_text=True)
    ask(session, "1", QUERY)
    await turn()
    assert (wire.closed[0], wire.heard(), session.desk.answering.begun) == (4400, [], [])


# The beginning


async def test_who_says_nothing_is_sent_away_with_4408(desk, wire, narrow):
    desk.settings = narrow.model_copy(update={"connection_init_seconds": 0.05})
    made = Session(desk, wire, Request(), "r")
    await eventually(lambda: wire.closed is not None)
    assert wire.closed == (4408, "Connection initialisation timeout")
    made.lost()


async def test_who_has_begun_may_take_their_time(desk, wire, narrow):
    desk.settings = narrow.model_copy(update={"connection_init_seconds": 0.05})
    made = Session(desk, wire, Request(), "r")
    await begin(made)
    await asyncio.sleep(0.1)
    assert wire.closed is None
    made.lost()


async def test_an_operation_before_the_beginning_ends_the_socket_with_4401(session, wire):
    ask(session, "1", QUERY)
    assert wire.closed == (4401, "Unauthorized")


async def test_beginning_twice_ends_the_socket_with_4429(session, wire):
    await begin(session)
    say(session, type="connection_init")
    assert wire.closed[0] == 4429


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
async def test_the_beginning_says_who_asks(session, desk, ada, name):
    say(session, type="connection_init", payload={name: ada.bearer(desk)})
    await turn()
    assert session.caller.viewer.user_id == ada.id


async def test_a_bad_token_ends_the_socket_with_4403(session, wire):
    say(session, type="connection_init", payload={"authorization": "Bearer x"})
    await turn()
    assert wire.closed == (4403, "This token is not valid.")


# Pings


@pytest.mark.parametrize("is_begun", [True, False])
@pytest.mark.parametrize("payload", [None, {}, {"a": [1, "ü"]}])
async def test_a_ping_is_answered_with_what_came_with_it(session, wire, is_begun, payload):
    if is_begun:
        await begin(session)
    say(session, type="ping", payload=payload)
    assert wire.heard() == [{"type": "pong"} if payload is None else {"type": "pong", "payload": payload}]


async def test_a_pong_that_nobody_asked_for_is_ignored(session, wire):
    say(session, type="pong", payload={"a": 1})
    assert (wire.heard(), wire.closed) == ([], None)


async def test_who_is_silent_is_asked_and_who_does_not_answer_is_sent_away_to_come_again(session, wire):
    session.desk.heart = Heart(0.12)
    await begin(session)
    await eventually(lambda: {"type": "ping"} in wire.said)
    say(session, type="pong")
    wire.heard()
    await eventually(lambda: {"type": "ping"} in wire.said)
    await eventually(lambda: wire.closed is not None)
    assert wire.closed == (1013, "No answer to a ping")


async def test_who_speaks_is_not_asked(session, wire):
    session.desk.heart = Heart(0.12)
    await begin(session)
    for _ in range(12):
        say(session, type="complete", id="x")
        await asyncio.sleep(0.03)
    assert wire.heard() == []


# Questions


async def test_a_query_is_answered_and_completed(session, wire):
    await begin(session)
    ask(session, 'ü"1', QUERY)
    await turn()
    assert wire.heard() == [told('ü"1', {"data": {"hello": "there"}}), {"type": "complete", "id": 'ü"1'}]


@pytest.mark.parametrize("how", ["refuse at once", "refuse"])
@pytest.mark.parametrize("kind", ["query", "subscription"])
async def test_a_refusal_is_an_error_and_the_socket_lives_on(session, wire, how, kind):
    await begin(session)
    ask(session, "1", f"{kind} {how}")
    await turn()
    (error,) = wire.heard()
    assert (error["type"], error["id"], error["payload"][0]["extensions"]["code"]) == (
        "error",
        "1",
        "FORBIDDEN",
    )
    ask(session, "1", QUERY)
    await turn()
    assert [each["type"] for each in wire.heard()] == ["next", "complete"]


async def test_a_fault_of_ours_in_a_query_is_an_answer_that_hides_it(session, wire):
    await begin(session)
    ask(session, "1", "query fail")
    await turn()
    answer, end = wire.heard()
    assert (answer["payload"]["data"], end["type"]) == (None, "complete")
    assert answer["payload"]["errors"][0]["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "requestId": "r" * 32,
    }
    assert "password" not in str(answer)


async def test_what_takes_too_long_is_ended_and_told(session, wire, desk, narrow):
    desk.settings = narrow.model_copy(update={"operation_seconds": 0.05})
    await begin(session)
    ask(session, "1", "query wait")
    await eventually(lambda: len(wire.said) == 2)
    assert wire.heard()[0]["payload"]["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert session.desk.answering.cancelled == ["query wait"]


async def test_an_id_is_used_once_at_a_time(session, wire):
    await begin(session)
    for _ in range(3):
        ask(session, "1", QUERY)
        await turn()
    ask(session, "1", "query wait")
    ask(session, "1", QUERY)
    await turn()
    assert wire.closed[0] == 4409


async def test_an_id_of_a_stream_is_used_once_at_a_time(session, wire):
    await begin(session)
    await listen(session, "1")
    ask(session, "1", QUERY)
    await turn()
    assert wire.closed[0] == 4409


async def test_a_query_whose_client_has_enough_is_ended_and_a_mutation_is_not(session, wire, answering):
    await begin(session)
    ask(session, "1", "query wait")
    await turn()
    ask(session, "2", "mutation wait")
    await turn()
    for key in ("1", "2", "nobody"):
        say(session, type="complete", id=key)
    await turn()
    assert answering.cancelled == ["query wait"]
    answering.go.set()
    await turn()
    assert wire.heard() == []
    ask(session, "2", QUERY)
    await turn()
    assert len(wire.heard()) == 2


async def test_only_so_many_run_at_once_and_the_rest_wait_unread(session, wire, answering):
    await begin(session)
    for number in range(10):
        ask(session, str(number), f"query wait {number}")
    await turn(20)
    assert len(answering.begun) == 3
    assert wire.is_held
    answering.go.set()
    await eventually(lambda: len(wire.said) == 20)
    answered = {each["id"] for each in wire.heard() if each["type"] == "complete"}
    assert answered == set(map(str, range(10)))
    assert not wire.is_held


async def test_who_ends_a_query_makes_room_for_the_next(session, wire, answering):
    await begin(session)
    for number in range(3):
        ask(session, str(number), "query wait")
        await turn()
    ask(session, "next", QUERY)
    session._operations["0"].stop()
    await eventually(lambda: len(wire.said) == 2)
    assert {each["id"] for each in wire.heard()} == {"next"}


async def test_one_question_is_looked_at_in_each_turn(session, answering):
    await begin(session)
    for number in range(3):
        ask(session, str(number), QUERY)
    assert len(answering.begun) <= 1
    await turn(10)
    assert len(answering.begun) == 3


# Documents


async def test_documents_have_names_here_too(session, wire):
    await begin(session)
    name = "sha256:" + digest(QUERY)
    say(session, type="subscribe", id="1", payload={"documentId": name})
    await turn()
    assert wire.heard()[0]["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    ask(session, "2", QUERY, documentId=name)
    await turn()
    say(session, type="subscribe", id="3", payload={"documentId": name})
    await turn()
    assert [each["type"] for each in wire.heard()] == ["next", "complete"] * 2
