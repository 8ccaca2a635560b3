"""History both ways by cursor."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence

import pytest

from kit.pages import encode

PAGE = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { room(id: $id) {
  messages(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { content cursor } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


@pytest.fixture
async def story(client, people, rooms):
    """A room of twelve messages, and a way to read it."""
    ann = await people.person()
    room = await rooms.room(ann)
    for number in range(12):
        await rooms.message(room, ann, str(number))

    async def read(**page):
        answer = await client.query(PAGE, {"id": room.gid, **page}, as_=ann)
        return answer.data["room"]["messages"] if answer.errors == [] else answer.codes

    return read


def forged(value) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


def told(page) -> Sequence[int]:
    return [int(edge["node"]["content"]) for edge in page["edges"]]


async def test_the_newest_page_and_scrolling_up_reach_the_beginning(story):
    page = await story(last=5)
    pages = [told(page)]
    while page["pageInfo"]["hasPreviousPage"]:
        page = await story(last=5, before=page["pageInfo"]["startCursor"])
        pages.insert(0, told(page))
    assert pages == [[0, 1], [2, 3, 4, 5, 6], [7, 8, 9, 10, 11]]


async def test_the_oldest_page_and_scrolling_down_reach_the_end(story):
    page = await story(first=5)
    pages = [told(page)]
    while page["pageInfo"]["hasNextPage"]:
        page = await story(first=5, after=page["pageInfo"]["endCursor"])
        pages.append(told(page))
    assert pages == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]


async def test_both_sides_of_any_message_are_read_from_its_own_cursor(story):
    at = (await story(first=6))["edges"][5]["node"]["cursor"]
    older, newer = await story(last=3, before=at), await story(first=3, after=at)
    assert (told(older), told(newer)) == ([2, 3, 4], [6, 7, 8])


async def test_a_page_may_be_bounded_on_both_sides(story):
    edges = (await story(first=12))["edges"]
    page = await story(first=10, after=edges[2]["cursor"], before=edges[6]["cursor"])
    assert told(page) == [3, 4, 5]


@pytest.mark.parametrize(
    "page",
    [
        {"first": 0},
        {"first": -1},
        {"first": 101},
        {"last": 101},
        {"first": 2, "last": 2},
        {"first": 5, "after": "x"},
        {"first": 5, "after": ""},
        {"first": 5, "before": encode(["messages:00000000-0000-0000-0000-000000000000", 3])},
        {"first": 5, "after": encode(["rooms:name", "x", "y"])},
        {"first": 5, "after": encode(5)},
        {"first": 5, "after": encode([])},
        {"first": 5, "after": "\0"},
        {"first": 5, "after": "ü"},
        {"first": 5, "after": "A" * 5000},
    ],
)
async def test_pages_that_cannot_be_and_cursors_that_are_forged_or_of_another_list_are_bad_input(story, page):
    assert await story(**page) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("key", [2**63, -(2**70), 1.5, "3", None, True, [3], {"a": 1}])
async def test_a_cursor_with_a_key_the_list_cannot_have_is_bad_input(client, people, rooms, key):
    ann = await people.person()
    room = await rooms.room(ann)
    variables = {"id": room.gid, "first": 5, "after": forged([f"messages:{room.id}", key])}
    assert (await client.query(PAGE, variables, as_=ann)).codes == ["BAD_USER_INPUT"]


async def test_one_rooms_cursor_is_an_error_on_that_other_room_alone(client, people, rooms):
    ann = await people.person()
    here, there = await rooms.room(ann, name="Here"), await rooms.room(ann, name="There")
    await rooms.message(here, ann)
    cursor = encode([f"messages:{here.id}", 0])
    document = """query($ids: [ID!]!, $after: String) { nodes(ids: $ids) { ... on Room { name
      messages(first: 5, after: $after) { nodes { content } } } } }"""
    answer = await client.query(document, {"ids": [here.gid, there.gid], "after": cursor}, as_=ann)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.data["nodes"] == [{"name": "Here", "messages": {"nodes": [{"content": "Hello"}]}}, None]
