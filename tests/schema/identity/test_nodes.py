"""node and nodes, for what identity has."""

from uuid import uuid4

import pytest

from kit.ids import global_id

NODE = """query ($id: ID!) {
  node(id: $id) {
    __typename id
    ... on User { username } ... on Viewer { email } ... on Session { viewerIsCurrent }
  }
}"""
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


@pytest.fixture
async def ada(people):
    return await people.signed_in("ada.l")


async def test_people_oneself_and_ones_sessions_are_nodes(client, people, ada):
    grace = await people.person("grace")
    expected = [
        {"__typename": "User", "id": global_id("User", grace.id), "username": "grace"},
        {"__typename": "Viewer", "id": global_id("Viewer", ada.id), "email": ada.email},
        {"__typename": "Session", "id": global_id("Session", ada.session_id), "viewerIsCurrent": True},
    ]
    answers = [await client.query(NODE, {"id": each["id"]}, as_=ada) for each in expected]
    assert [answer.data["node"] for answer in answers] == expected


async def test_what_is_not_for_one_is_null_like_what_is_not_there(client, people, ada):
    grace = await people.signed_in("grace")
    ids = [
        global_id("Viewer", grace.id),
        global_id("Session", grace.session_id),
        global_id("User", uuid4()),
        global_id("Nothing", uuid4()),
    ]
    answer = await client.query(NODES, {"ids": ids}, as_=ada)
    assert (answer.data, answer.errors) == ({"nodes": [None] * 4}, [])


async def test_nobody_sees_nothing(client, ada):
    ids = [
        global_id("User", ada.id),
        global_id("Viewer", ada.id),
        global_id("Session", ada.session_id),
    ]
    assert (await client.query(NODES, {"ids": ids})).data == {"nodes": [None] * 3}


async def test_many_nodes_come_in_the_order_asked_by_one_statement_a_kind(client, people, ada, statements):
    ids = [global_id("User", (await people.person()).id) for _ in range(20)]
    asked = [*ids, global_id("Viewer", ada.id), *reversed(ids)]
    statements.clear()
    answer = await client.query(NODES, {"ids": asked}, as_=ada)
    assert [node["id"] for node in answer.data["nodes"]] == asked
    assert statements.count == 3


@pytest.mark.parametrize("nonsense", ["", "x", "é", "VXNlcjp4", "VXNlcg", "\0", "x" * 5_000])
async def test_what_is_no_id_is_refused(client, ada, nonsense):
    assert (await client.query(NODE, {"id": nonsense}, as_=ada)).codes == ["BAD_USER_INPUT"]


async def test_more_than_a_hundred_ids_are_refused(client, ada):
    ids = [global_id("User", ada.id)] * 101
    assert (await client.query(NODES, {"ids": ids[1:]}, as_=ada)).errors == []
    assert (await client.query(NODES, {"ids": ids}, as_=ada)).codes == ["BAD_USER_INPUT"]
