"""Pages and cursors: what is asked for, where a page stands, and what is no cursor."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import BadInput
from kit.pages import BIGINT, DEFAULT_SIZE, MAX_CURSOR, Cursors, PageArgs, page_args, page_of

TYPES = (int, str, UUID, datetime)
KEYS = st.tuples(
    st.integers(-BIGINT, BIGINT - 1),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
    st.uuids(),
    st.integers(0, 2**52).map(
        lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    ),
)
LIST = Cursors("songs:newest", TYPES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def forged(value):
    try:
        raw = orjson.dumps(value)
    except TypeError:  # an integer that JSON of ours does not have
        raw = repr(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@given(KEYS)
def test_keys_come_back_from_their_cursor(keys):
    cursor = LIST.at(*keys)
    assert cursor.isascii()
    if len(cursor) <= MAX_CURSOR:
        assert LIST.keys(cursor) == keys


@given(KEYS)
def test_a_cursor_of_another_list_is_bad_input(keys):
    cursor = Cursors("songs:oldest", TYPES).at(*keys)
    with pytest.raises(BadInput):
        LIST.keys(cursor)


@given(JSON)
def test_any_value_as_a_cursor_is_a_place_or_bad_input(value):
    for cursor in (
        forged(value),
        forged(["songs:newest", value, "a", str(UUID(int=1)), "2026-01-01T00:00:00Z"]),
    ):
        try:
            keys = LIST.keys(cursor)
        except BadInput:
            continue
        assert [type(key) for key in keys] == list(TYPES)


@given(st.text(max_size=700) | st.binary(max_size=60).map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_any_text_as_a_cursor_is_bad_input(text):
    with pytest.raises(BadInput):
        LIST.keys(text)


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [1],
        [1, "a", str(UUID(int=1)), "2026-01-01T00:00:00Z", "more"],
        [True, "a", str(UUID(int=1)), "2026-01-01T00:00:00Z"],
        [1.5, "a", str(UUID(int=1)), "2026-01-01T00:00:00Z"],
        [BIGINT, "a", str(UUID(int=1)), "2026-01-01T00:00:00Z"],
        [-BIGINT - 1, "a", str(UUID(int=1)), "2026-01-01T00:00:00Z"],
        [1, "a\0", str(UUID(int=1)), "2026-01-01T00:00:00Z"],
        [1, None, str(UUID(int=1)), "2026-01-01T00:00:00Z"],
        [1, "a", "no uuid", "2026-01-01T00:00:00Z"],
        [1, "a", 7, "2026-01-01T00:00:00Z"],
        [1, "a", str(UUID(int=1)), "yesterday"],
        [1, "a", str(UUID(int=1)), 1767225600],
    ],
    ids=str,
)
def test_keys_that_the_list_cannot_have_are_bad_input(keys):
    with pytest.raises(BadInput):
        LIST.keys(forged(["songs:newest", *keys]))


def test_a_cursor_that_is_too_long_is_bad_input_before_it_is_read():
    names = Cursors("names", (str,))
    longest = next(n for n in range(MAX_CURSOR, 0, -1) if len(names.at("x" * n)) <= MAX_CURSOR)
    assert names.keys(names.at("x" * longest)) == ("x" * longest,)
    with pytest.raises(BadInput):
        names.keys(names.at("x" * (longest + 1)))


def test_times_keep_their_microseconds_and_their_moment():
    at = Cursors("times", (datetime,))
    moment = datetime(2026, 3, 29, 1, 59, 59, 999_999, timezone(timedelta(hours=2)))
    assert at.keys(at.at(moment)) == (moment,)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((None, None, None, None), PageArgs(DEFAULT_SIZE, False, None, None)),
        ((1, None, None, None), PageArgs(1, False, None, None)),
        ((100, "a", None, None), PageArgs(100, False, "a", None)),
        ((None, None, 3, "b"), PageArgs(3, True, None, "b")),
        ((None, "a", None, "b"), PageArgs(DEFAULT_SIZE, False, "a", "b")),
    ],
)
def test_what_is_asked_for_is_a_size_a_direction_and_bounds(asked, expected):
    assert page_args(*asked) == expected


@pytest.mark.parametrize(
    "asked", [(0,), (-1,), (101,), (2**31,), (None, None, 0), (None, None, 101), (1, None, 1)]
)
def test_pages_that_cannot_be_are_bad_input(asked):
    with pytest.raises(BadInput):
        page_args(*asked, *[None] * (4 - len(asked)))


def test_a_small_limit_is_the_default_too():
    assert page_args(None, None, None, None, most=5).size == 5
    with pytest.raises(BadInput, match="1 to 5"):
        page_args(6, None, None, None, most=5)


@pytest.mark.parametrize(
    ("read", "args", "nodes", "has_previous", "has_next"),
    [
        ([1, 2, 3], PageArgs(2, False, None, None), [1, 2], False, True),
        ([1, 2], PageArgs(2, False, None, None), [1, 2], False, False),
        ([1, 2], PageArgs(2, False, "0", None), [1, 2], True, False),
        ([3, 2, 1], PageArgs(2, True, None, None), [2, 3], True, False),
        ([2, 1], PageArgs(2, True, None, "3"), [1, 2], False, True),
        ([], PageArgs(2, False, None, None), [], False, False),
        ([], PageArgs(2, True, None, "1"), [], False, True),
    ],
)
def test_a_page_is_in_the_order_of_its_list_and_says_what_is_around(
    read, args, nodes, has_previous, has_next
):
    page = page_of(read, args, str)
    assert page.nodes == nodes
    assert [edge.cursor for edge in page.edges] == [str(node) for node in nodes]
    info = page.page_info
    assert (info.has_previous_page, info.has_next_page) == (has_previous, has_next)
    assert (info.start_cursor, info.end_cursor) == (
        (str(nodes[0]), str(nodes[-1])) if nodes else (None, None)
    )


def test_cursors_are_written_only_where_they_are_asked_for():
    asked = []

    def place(node):
        asked.append(node)
        return str(node)

    page = page_of([1, 2, 3], PageArgs(2, is_backward=False, after=None, before=None), place)
    assert (page.nodes, [edge.node for edge in page.edges], page.page_info.has_next_page) == (
        [1, 2],
        [1, 2],
        True,
    )
    assert asked == []
    assert (page.page_info.end_cursor, page.edges[0].cursor) == ("2", "1")
    assert asked == [2, 1]
