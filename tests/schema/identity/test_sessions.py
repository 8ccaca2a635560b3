"""Viewer.sessions, signOut, revokeSession."""

import json
from uuid import uuid4

import pytest

from kit.ids import global_id
from services.events import SESSIONS, user_topic
from tests.schema.identity.sessions import PASSWORD, REVOKE, SIGN_OUT, Jar, call, problems, refresh, sign_in

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String) {
  viewer { sessions(first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { id viewerIsCurrent } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }
}"""
LIST = "{ viewer { sessions { nodes { id device viewerIsCurrent } } } }"


def gid(person):
    return global_id("Session", person.session_id)


@pytest.fixture
async def ada(people):
    return await people.person("ada", password=PASSWORD)


async def listed(client, person, **page):
    answer = await client.query(PAGE, page, as_=person)
    assert answer.errors == []
    return answer.data["viewer"]["sessions"]


async def told(admin, topic):
    """The sessions that a topic says have ended."""
    rows = await admin.fetch("select kind, payload from events where topic = $1 order by seq", topic)
    assert {row["kind"] for row in rows} <= {"session_ended"}
    return [json.loads(row["payload"])["session"] for row in rows]


async def test_sessions_are_listed_newest_first_and_the_current_one_is_marked(client, people, ada):
    devices = [await people.device(ada, agent) for agent in (None, "curl/8.5.0", None)]
    await people.device(await people.person())
    answer = await client.query(LIST, as_=devices[1])
    nodes = answer.data["viewer"]["sessions"]["nodes"]
    assert [node["id"] for node in nodes] == [gid(each) for each in reversed(devices)]
    assert [node["viewerIsCurrent"] for node in nodes] == [False, True, False]
    assert [node["device"] is None for node in nodes] == [True, False, True]


async def test_sessions_that_ended_or_ran_out_are_not_listed(client, people, ada, admin):
    ended, over, live = [await people.device(ada) for _ in range(3)]
    await admin.execute("update user_sessions set revoked_at = now() where id = $1", ended.session_id)
    await admin.execute("update user_sessions set expires_at = now() where id = $1", over.session_id)
    assert [node["id"] for node in (await listed(client, live))["nodes"]] == [gid(live)]


async def test_sessions_are_paged_both_ways(client, people, ada):
    devices = [gid(await people.device(ada)) for _ in range(5)][::-1]
    first = await listed(client, ada, first=2)
    second = await listed(client, ada, first=2, after=first["pageInfo"]["endCursor"])
    back = await listed(client, ada, last=2, before=second["pageInfo"]["endCursor"])
    last = await listed(client, ada, last=2)
    assert [[node["id"] for node in page["nodes"]] for page in (first, second, back, last)] == [
        devices[:2],
        devices[2:4],
        devices[1:3],
        devices[3:],
    ]
    assert first["totalCount"] == 5
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)


@pytest.mark.parametrize("number", [1, 60])
async def test_a_page_of_sessions_costs_three_messages(client, people, ada, statements, number):
    for _ in range(number):
        await people.device(ada)
    statements.clear()
    answer = await client.query(LIST, as_=ada)
    assert len(answer.data["viewer"]["sessions"]["nodes"]) == min(number, 20)
    assert statements.count == 3


@pytest.mark.parametrize("page", [{"first": 0}, {"first": 101}, {"first": 1, "last": 1}, {"after": "x"}])
async def test_a_page_that_cannot_be_is_refused(client, ada, page):
    assert (await client.query(PAGE, page, as_=ada)).codes == ["BAD_USER_INPUT"]


async def test_a_cursor_of_another_list_is_refused(client, people, ada):
    await people.person("adam")
    users = '{ users(query: "ad", first: 1) { pageInfo { endCursor } } }'
    cursor = (await client.query(users, as_=ada)).data["users"]["pageInfo"]["endCursor"]
    assert (await client.query(PAGE, {"after": cursor}, as_=ada)).codes == ["BAD_USER_INPUT"]


async def test_signing_out_ends_the_session_that_asks_and_no_other(client, services, people, ada, admin):
    here, there = await people.device(ada), await people.device(ada)
    jar = Jar()
    payload = await call(client, SIGN_OUT, {}, as_=here, set_refresh_cookie=jar.set)
    assert payload == {"endedCount": 1, "userErrors": []}
    assert services.ended_sessions.has(here.session_id)
    assert not services.ended_sessions.has(there.session_id)
    assert await told(admin, SESSIONS) == [str(here.session_id)]
    assert await told(admin, user_topic(ada.id)) == [str(here.session_id)]
    assert jar.told == [(None, None)]
    assert [node["id"] for node in (await listed(client, there))["nodes"]] == [gid(there)]


async def test_who_has_signed_out_is_nobody_in_the_rest_of_the_document(client, people, ada):
    document = """mutation {
      signOut(input: {}) { endedCount }
      updateProfile(input: { displayName: "x" }) { user { id } }
    }"""
    answer = await client.query(document, as_=await people.device(ada))
    assert answer.data == {"signOut": {"endedCount": 1}, "updateProfile": None}
    assert answer.codes == ["UNAUTHENTICATED"]


async def test_signing_out_everywhere_ends_all_of_ones_own(client, services, people, ada, admin):
    mine = [await people.device(ada) for _ in range(3)]
    other = await people.signed_in()
    payload = await call(client, SIGN_OUT, {"isEverywhere": True}, as_=mine[0])
    assert payload["endedCount"] == 3
    assert all(services.ended_sessions.has(each.session_id) for each in mine)
    assert not services.ended_sessions.has(other.session_id)
    assert sorted(await told(admin, SESSIONS)) == sorted(str(each.session_id) for each in mine)


async def test_signing_out_twice_ends_nothing_more(client, people, ada, admin):
    here = await people.device(ada)
    await call(client, SIGN_OUT, {}, as_=here)
    assert (await call(client, SIGN_OUT, {}, as_=here))["endedCount"] == 0
    assert len(await told(admin, SESSIONS)) == 1


async def test_who_came_by_an_outside_issuer_has_no_session_to_end(client, people, ada, admin):
    await people.device(ada)
    assert (await call(client, SIGN_OUT, {}, as_=ada))["endedCount"] == 0
    assert (await call(client, SIGN_OUT, {"isEverywhere": True}, as_=ada))["endedCount"] == 1


async def test_the_refresh_token_of_a_session_that_ended_is_wrong(client, ada, people):
    token = (await sign_in(client, ada.email))["tokens"]["refreshToken"]
    await call(client, SIGN_OUT, {"isEverywhere": True}, as_=ada)
    assert problems(await refresh(client, token)) == [("WRONG_CREDENTIALS", None)]


async def test_one_of_ones_own_sessions_can_be_ended_from_another(client, services, people, ada, admin):
    here, there = await people.device(ada), await people.device(ada)
    jar = Jar()
    payload = await call(client, REVOKE, {"sessionId": gid(there)}, as_=here, set_refresh_cookie=jar.set)
    assert payload == {
        "revokedSessionId": gid(there),
        "viewer": {"sessions": {"nodes": [{"id": gid(here)}]}},
        "userErrors": [],
    }
    assert services.ended_sessions.has(there.session_id)
    assert await told(admin, SESSIONS) == [str(there.session_id)]
    assert await told(admin, user_topic(ada.id)) == [str(there.session_id)]
    assert jar.told == []


async def test_ending_the_session_that_asks_signs_out(client, people, ada):
    here, jar = await people.device(ada), Jar()
    payload = await call(client, REVOKE, {"sessionId": gid(here)}, as_=here, set_refresh_cookie=jar.set)
    assert (payload["revokedSessionId"], payload["viewer"]) == (gid(here), None)
    assert jar.told == [(None, None)]


async def test_what_is_not_ones_own_is_answered_like_what_is_not_there(client, people, ada, admin):
    here, ended, other = await people.device(ada), await people.device(ada), await people.signed_in()
    await call(client, REVOKE, {"sessionId": gid(ended)}, as_=here)
    ids = (gid(other), gid(ended), global_id("Session", uuid4()), global_id("User", ada.id))
    payloads = [await call(client, REVOKE, {"sessionId": each}, as_=here) for each in ids]
    assert payloads == [payloads[0]] * 4
    assert problems(payloads[0]) == [("NOT_FOUND", ["sessionId"])]
    assert await admin.fetchval("select count(*) from user_sessions where revoked_at is null") == 2
    assert len(await told(admin, SESSIONS)) == 1


@pytest.mark.parametrize("nonsense", ["", "x", "é", "U2Vzc2lvbjp4", "\0", "x" * 5_000])
async def test_what_is_no_id_is_refused(client, ada, nonsense):
    answer = await client.query(REVOKE, {"input": {"sessionId": nonsense}}, as_=ada)
    assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(("document", "input_"), [(SIGN_OUT, {}), (REVOKE, {"sessionId": "x"})])
async def test_nobody_has_no_sessions_to_end(client, document, input_):
    assert (await client.query(document, {"input": input_})).codes == ["UNAUTHENTICATED"]
