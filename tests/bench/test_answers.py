"""Answers of different schemas are compared by what they say."""

import json

import pytest

from bench.answers import AnswersDifferError, difference, said

MERCURIUS = {
    "room": {
        "id": "1",
        "name": "Room 1",
        "messages": [
            {
                "id": "2",
                "content": "b",
                "createdAt": "2025-01-01T00:00:02.000Z",
                "author": {"displayName": "B"},
            },
            {
                "id": "1",
                "content": "a",
                "createdAt": "2025-01-01T00:00:01.000Z",
                "author": {"displayName": "A"},
            },
        ],
    }
}
OURS = {
    "room": {
        "id": "Um9vbTox",
        "name": "Room 1",
        "messages": {
            "edges": [
                {
                    "node": {
                        "content": "a",
                        "createdAt": "2025-01-01T00:00:01Z",
                        "author": {"displayName": "A"},
                    }
                },
                {
                    "node": {
                        "content": "b",
                        "createdAt": "2025-01-01T00:00:02Z",
                        "author": {"displayName": "B"},
                    }
                },
            ]
        },
    }
}
POSTGRAPHILE = {
    "room": {
        "name": "Room 1",
        "messages": {
            "nodes": [
                {"content": "b", "createdAt": "2025-01-01T00:00:02+00:00", "author": {"displayName": "B"}},
                {"content": "a", "createdAt": "2025-01-01T00:00:01+00:00", "author": {"displayName": "A"}},
            ]
        },
    }
}


def leaves(data, *, is_write=False):
    return said(json.dumps({"data": data}).encode(), is_write=is_write)


@pytest.mark.parametrize("other", [OURS, POSTGRAPHILE])
def test_the_same_room_is_the_same_in_every_schema(other):
    assert difference(leaves(MERCURIUS), leaves(other)) is None


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"content": "b"', '"content": "c"', "data.room.messages[0].content"),
        ("00:00:01Z", "00:00:03Z", "data.room.messages[1].createdAt"),
        ('"displayName": "A"', '"displayName": null', "data.room.messages[1].author.displayName"),
        ('"name": "Room 1", ', "", "data.room"),
    ],
)
def test_a_leaf_that_differs_is_named(old, new, place):
    text = json.dumps(OURS)
    assert old in text
    other = json.loads(text.replace(old, new))
    assert place in difference(leaves(MERCURIUS), leaves(other))


def test_a_message_that_is_missing_is_named():
    other = json.loads(json.dumps(OURS))
    other["room"]["messages"]["edges"].pop()
    assert difference(leaves(MERCURIUS), leaves(other)) == "data.room.messages has 2 and 1 entries"


def test_what_is_sent_is_compared_without_its_moment():
    one = {"sendMessage": {"id": "1", "content": "a", "createdAt": "2025-01-01T00:00:01Z"}}
    two = {"sendMessage": {"edge": {"node": {"content": "a", "createdAt": "2026-01-01T00:00:01Z"}}}}
    assert difference(leaves(one, is_write=True), leaves(two, is_write=True)) is None


@pytest.mark.parametrize("body", [b'{"data": null}', b'{"data": {"a": 1}, "errors": [{"message": "no"}]}'])
def test_what_is_no_answer_is_not_compared(body):
    with pytest.raises(AnswersDifferError):
        said(body, is_write=False)
