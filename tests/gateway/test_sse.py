"""A subscription by POST, answered as server-sent events."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.gateway.asking import ME, bearer, post, token_of
from tests.gateway.sockets import DEADLINE, eventually, serving

STREAM = """subscription($id: ID!) { roomEvents(roomId: $id) { __typename ... on StreamEvent { originKey }
  ... on StreamEnded { reason } ... on MessageAdded { messageEdge { node { content } } } } }"""
SEND = """mutation($input: SendMessageInput!) { sendMessage(input: $input) { userErrors { code } } }"""
DELETE = "mutation($id: ID!) { deleteRoom(input: { roomId: $id }) { deletedRoomId } }"


@pytest.fixture
async def http(app) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(app) as address,
        httpx.AsyncClient(base_url=f"http://{address}", trust_env=False, timeout=DEADLINE) as opened,
    ):
        yield opened


@pytest.fixture
async def ada(people):
    return await people.signed_in("ada")


@pytest.fixture
def token(services, ada):
    return token_of(services, ada)


@pytest.fixture
async def room(rooms, ada):
    return await rooms.room(ada)


@asynccontextmanager
async def stream(
    http: httpx.AsyncClient, query: str, token: str | None, /, *, after: str = "", **variables: Any
):
    """The response, and its events: a name and the data."""
    headers = {"accept": "text/event-stream", **bearer(token), **({"last-event-id": after} if after else {})}
    asked = {"query": query, "variables": variables}
    async with http.stream("POST", "/graphql", json=asked, headers=headers) as response:
        yield response, events(response)


async def events(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in response.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field.startswith("data"):
            yield name, json.loads(value) if value else None


async def test_a_subscription_is_told_event_by_event(http, room, token):
    async with stream(http, STREAM, token, id=room.gid) as (response, told):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert len(response.headers["x-request-id"]) == 32
        assert (await anext(told))[1]["data"]["roomEvents"]["__typename"] == "StreamReady"
        key = str(uuid4())
        said = {"input": {"roomId": room.gid, "content": "Hello\nyou", "clientKey": key}}
        await post(http, SEND, said, token=token)
        name, payload = await anext(told)
        assert name == "next"
        assert payload["data"]["roomEvents"] == {
            "__typename": "MessageAdded",
            "originKey": key,
            "messageEdge": {"node": {"content": "Hello\nyou"}},
        }


async def test_a_stream_is_listened_to_by_get_and_goes_on_behind_the_last_event(http, room, token):
    asked = {"query": STREAM, "variables": json.dumps({"id": room.gid})}
    headers = {"accept": "text/event-stream", **bearer(token)}
    async with http.stream("GET", "/graphql", params=asked, headers=headers) as response:
        lines = response.aiter_lines()
        cursor = (await anext(lines)).removeprefix("id: ")
        assert await anext(lines) == "event: next"
    for content in ("one", "two"):
        said = {"input": {"roomId": room.gid, "content": content, "clientKey": str(uuid4())}}
        await post(http, SEND, said, token=token)
    async with stream(http, STREAM, token, id=room.gid, after=cursor) as (_, told):
        events = [(await anext(told))[1]["data"]["roomEvents"] for _ in range(3)]
    assert [each["__typename"] for each in events] == ["StreamReady", "MessageAdded", "MessageAdded"]
    assert [each["messageEdge"]["node"]["content"] for each in events[1:]] == ["one", "two"]


async def first_of(http: httpx.AsyncClient, room: Any, method: str = "GET", **headers: str) -> Any:
    """What an EventSource hears first, which has nothing but cookies."""
    variables = {"id": room.gid}
    asked: dict[str, Any] = (
        {"params": {"query": STREAM, "variables": json.dumps(variables)}}
        if method == "GET"
        else {"json": {"query": STREAM, "variables": variables}}
    )
    headers = {"accept": "text/event-stream", **headers}
    async with http.stream(method, "/graphql", headers=headers, **asked) as response:
        return (await anext(events(response)))[1]


async def test_an_event_source_of_our_own_page_signs_in_by_cookie(http, room, token):
    http.cookies.set("crossfade_access", token, path="/graphql")
    own = f"http://{http.base_url.netloc.decode()}"
    for headers in ({}, {"origin": own}, {"origin": own, "sec-fetch-site": "same-origin"}):
        told = await first_of(http, room, **headers)
        assert told["data"]["roomEvents"]["__typename"] == "StreamReady"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"origin": "https://evil.example"}),
        ("GET", {"sec-fetch-site": "cross-site"}),
        ("GET", {"sec-fetch-site": "same-site"}),
        ("GET", {"authorization": "Bearer x"}),
        ("POST", {}),
    ],
)
async def test_a_cookie_signs_nobody_in_from_elsewhere_nor_by_post(http, room, token, method, headers):
    http.cookies.set("crossfade_access", token, path="/graphql")
    told = await first_of(http, room, method, **headers)
    assert [error["extensions"]["code"] for error in told["errors"]] == ["UNAUTHENTICATED"]


async def test_a_mutation_by_get_is_not_run_for_who_listens_either(http, token, admin):
    asked = {"query": "mutation { signOut(input: {}) { endedCount } }"}
    headers = {"accept": "text/event-stream", **bearer(token)}
    answer = await http.get("/graphql", params=asked, headers=headers)
    assert answer.status_code == 405
    assert await admin.fetchval("select count(*) from user_sessions where revoked_at is not null") == 0


async def test_a_stream_that_the_server_ends_says_so_and_completes(http, room, token):
    async with stream(http, STREAM, token, id=room.gid) as (_, told):
        await anext(told)
        await post(http, DELETE, {"id": room.gid}, token=token)
        assert (await anext(told))[1]["data"]["roomEvents"]["reason"] == "DELETED"
        assert [name async for name, _ in told] == ["complete"]


async def test_a_query_may_be_told_as_one_event(http, token):
    async with stream(http, ME, token) as (_, told):
        answers = [each async for each in told]
    assert answers == [("next", {"data": {"viewer": {"user": {"username": "ada"}}}}), ("complete", None)]


@pytest.mark.parametrize("token_kind", ["none", "bad"])
async def test_nobody_is_told_nothing(http, room, token_kind):
    bad = None if token_kind == "none" else "x"
    async with stream(http, STREAM, bad, id=room.gid) as (response, told):
        (name, payload), end = [each async for each in told]
    assert (name, payload["data"], end[0]) == ("next", None, "complete")
    (error,) = payload["errors"]
    assert error["extensions"] == {
        "code": "UNAUTHENTICATED",
        "requestId": response.headers["x-request-id"],
    }


async def test_who_goes_away_leaves_nothing_behind(http, room, token, app):
    fan_out, lives = app.state.answering.fan_out, app.state.lives
    async with stream(http, STREAM, token, id=room.gid) as (_, told):
        await anext(told)
        assert (fan_out.member_count, len(lives)) == (1, 1)
    await eventually(lambda: (fan_out.member_count, len(lives)) == (0, 0))
