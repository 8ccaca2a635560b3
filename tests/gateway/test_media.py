"""What clients take, and what may be sent."""

import pytest

from gateway.transport.media import GRAPHQL, JSON, is_json, taken

URQL = b"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"  # noqa: E501 - as it is sent
BROWSER = b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        (b"", JSON),
        (b"*/*", JSON),
        (b"application/*", JSON),
        (b"application/json", JSON),
        (b"application/json; charset=utf-8", JSON),
        (b"APPLICATION/JSON", JSON),
        (b"application/graphql-response+json", GRAPHQL),
        (b"application/json, application/graphql-response+json", GRAPHQL),
        (b"application/graphql-response+json;q=0.5, application/json", JSON),
        (b"application/graphql-response+json, */*;q=0.1", GRAPHQL),
        (b"application/json;q=x", JSON),
        (b"text/html, */*;q=0.1", JSON),
        (b"text/event-stream", None),
        (b"image/png", None),
        (b"application/json;q=0", None),
        (b"text/*", None),
        (b",;,", None),
    ],
)
def test_the_kind_of_json_is_the_one_that_is_liked_best(accept, json):
    assert taken(accept).json == json


@pytest.mark.parametrize(
    ("accept", "may_be", "only"),
    [
        (URQL, True, False),
        (b"text/event-stream", True, True),
        (b"text/event-stream, application/json;q=0.9", True, True),
        (b"text/event-stream;q=0.5, application/json", True, False),
        (b"text/event-stream, */*", True, False),
        (b"text/event-stream;q=0", False, False),
        (b"*/*", False, False),
        (b"", False, False),
    ],
)
def test_events_must_be_named_and_come_for_all_only_where_they_are_liked_better(accept, may_be, only):
    assert (taken(accept).is_events, taken(accept).is_only_events) == (may_be, only)


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        (BROWSER, True),
        (b"text/html", True),
        (b"text/html;q=0.5, application/json", False),
        (b"*/*", False),
        (b"text/*", False),
    ],
)
def test_a_page_is_for_who_names_it(accept, is_page):
    assert taken(accept).is_page is is_page


@pytest.mark.parametrize(
    "kind",
    [
        b"application/json",
        b"Application/JSON",
        b"application/json; charset=utf-8",
        b'application/json;charset="UTF-8"',
        b"application/json; profile=x",
    ],
)
def test_json_in_utf_8_is_read(kind):
    assert is_json(kind)


@pytest.mark.parametrize(
    "kind",
    [
        b"",
        b"text/plain",
        b"application/jsonp",
        b"application/x-www-form-urlencoded",
        b"text/plain; application/json",
        b"application/json; charset=utf-16",
        b"application/json; charset=iso-8859-1",
        b"application/json; charset",
        b"\xff\xfe",
    ],
)
def test_nothing_else_is_read(kind):
    assert not is_json(kind)
