"""Global ids: whatever they are made of comes back, and nothing else does."""

from base64 import urlsafe_b64encode
from contextlib import suppress
from functools import partial
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import BadInput
from kit.ids import MAX_ID, global_id, int_of, split_id, uuid_of
from kit.pages import BIGINT

KINDS = st.from_regex(r"\A[A-Z][A-Za-z]{0,20}\Z")
PARTS = st.lists(
    st.text(st.characters(exclude_characters=":", codec="utf-8"), max_size=20), min_size=1, max_size=3
)


READERS = (split_id, partial(uuid_of, "Room"), partial(int_of, "Message"))


def is_read_or_refused(text):
    """No other exception."""
    for read in READERS:
        with suppress(BadInput):
            read(text)


def encoded(text):
    return urlsafe_b64encode(text if isinstance(text, bytes) else text.encode()).rstrip(b"=").decode()


@given(KINDS, PARTS)
def test_kind_and_parts_come_back(kind, parts):
    text = global_id(kind, *parts)
    assert text.isascii()
    assert not set(text) & set("+/= ")
    if len(text) <= MAX_ID:
        assert split_id(text) == (kind, parts)


@given(st.uuids())
def test_a_uuid_comes_back_under_its_kind_only(id_):
    text = global_id("Room", id_)
    assert uuid_of("Room", text) == id_
    assert uuid_of("User", text) is None
    assert uuid_of("Roo", text) is None


@given(st.integers(0, BIGINT - 1))
def test_a_number_comes_back_under_its_kind_only(id_):
    text = global_id("Message", id_)
    assert int_of("Message", text) == id_
    assert int_of("Room", text) is None


@given(st.text(max_size=400))
def test_any_text_is_an_id_or_bad_input(text):
    is_read_or_refused(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_id_or_bad_input(raw):
    is_read_or_refused(encoded(raw))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a",
        "====",
        "Room",
        encoded("Room"),
        encoded(":1"),
        encoded(" :1"),
        encoded("Ro om:1"),
        encoded(b"\xff:1"),
        encoded("\0:1"),
        "\ud800",
        "ä",
        global_id("Room", "x" * MAX_ID),
    ],
)
def test_what_we_cannot_have_made_is_bad_input(text):
    with pytest.raises(BadInput):
        split_id(text)


@pytest.mark.parametrize("parts", [[""], ["x"], [1], [uuid4(), uuid4()], [f"{uuid4()}x"], ["\0"]])
def test_a_room_that_has_no_uuid_is_bad_input(parts):
    with pytest.raises(BadInput):
        uuid_of("Room", global_id("Room", *parts))


@pytest.mark.parametrize(
    "parts", [[""], ["x"], [-1], [BIGINT], ["9" * 200], [1, 2], ["1.0"], ["0x1"], ["\0"]]
)
def test_a_message_that_has_no_number_is_bad_input(parts):
    with pytest.raises(BadInput):
        int_of("Message", global_id("Message", *parts))


def test_the_longest_id_is_read():
    assert split_id(global_id("Reaction", 2**63 - 1, "\U0001f468" * 32))[0] == "Reaction"


def test_two_keys_stay_apart():
    first, second = UUID(int=1), UUID(int=2)
    assert split_id(global_id("RoomMember", first, second)) == ("RoomMember", [str(first), str(second)])
