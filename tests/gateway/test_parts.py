"""Small parts of the transports: ids, tokens that are believed, the heart, the outbox."""

import asyncio
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest

from gateway import auth
from gateway.auth import Bearers
from gateway.requests import RequestIds
from gateway.transport.cookies import Jar
from gateway.transport.heart import SLOTS, Heart
from gateway.transport.origins import is_known, is_own
from gateway.transport.outbox import Outbox
from kit.clock import now
from kit.errors import Unauthenticated
from services.identity.sessions import EndedSessions
from services.identity.tokens import AccessTokens
from tests.conftest import SECRET
from tests.gateway.sockets import eventually
from tests.gateway.stubs import LIFETIME, Somebody


def test_a_hundred_thousand_ids_of_two_processes_are_all_different_and_look_alike():
    ids = [each.new() for each in (RequestIds(), RequestIds()) for _ in range(50_000)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)


# Tokens


@pytest.fixture
def counted(monkeypatch):
    """How often a token was proven."""
    proven = []
    read = auth.read_bearer

    async def reading(token, *rest):
        proven.append(token)
        return await read(token, *rest)

    monkeypatch.setattr(auth, "read_bearer", reading)
    return proven


@pytest.fixture
def house():
    return SimpleNamespace(
        access_tokens=AccessTokens(SECRET, LIFETIME), issuers=None, ended_sessions=EndedSessions(LIFETIME)
    )


@pytest.fixture
def desk_of(house):
    return SimpleNamespace(services=house)


async def test_a_token_is_proven_once(house, desk_of, counted):
    bearers, ada = Bearers(), Somebody()
    given = ada.bearer(desk_of)
    viewers = [await bearers.viewer_of(house, given) for _ in range(3)]
    assert [viewer.user_id for viewer in viewers] == [ada.id] * 3
    assert len(counted) == 1


async def test_a_token_that_was_believed_runs_out(house, desk_of, monkeypatch):
    bearers, given = Bearers(), Somebody().bearer(desk_of)
    await bearers.viewer_of(house, given)
    later = now() + LIFETIME + timedelta(minutes=1)
    monkeypatch.setattr(auth, "now", lambda: later)
    with pytest.raises(Unauthenticated, match="expired"):
        await bearers.viewer_of(house, given)


async def test_a_token_that_was_believed_ends_with_its_session(house, desk_of):
    bearers, ada = Bearers(), Somebody()
    given = ada.bearer(desk_of)
    await bearers.viewer_of(house, given)
    house.ended_sessions.add(ada.session, now())
    with pytest.raises(Unauthenticated, match="ended"):
        await bearers.viewer_of(house, given)


async def test_only_so_many_tokens_are_believed(house, desk_of, counted):
    bearers, first, *others = Bearers(kept=3), *(Somebody().bearer(desk_of) for _ in range(4))
    for given in (first, *others, *others, first):
        await bearers.viewer_of(house, given)
    assert len(counted) == 5


async def test_a_bad_token_is_never_believed(house, counted):
    bearers = Bearers()
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await bearers.viewer_of(house, "Bearer x")
    assert len(counted) == 2


# Sessions that end


def test_whoever_watches_a_session_is_told_once_when_it_ends():
    ended, session, told = EndedSessions(LIFETIME), Somebody().session, []
    ended.watch(session, lambda: told.append("a"))
    undo = ended.watch(session, lambda: told.append("b"))
    ended.watch(Somebody().session, lambda: told.append("another"))
    undo()
    undo()
    for _ in range(2):
        ended.add(session, now())
    assert told == ["a"]


def test_a_session_that_nobody_watches_takes_no_room():
    ended, session = EndedSessions(LIFETIME), Somebody().session
    for undo in [ended.watch(session, lambda: None), ended.watch(session, list)]:
        undo()
    assert ended._watchers == {}


# The heart


class Beating:
    def __init__(self):
        self.slot = -1
        self.beats = 0

    def beat(self):
        self.beats += 1


async def test_everybody_is_called_once_a_period_and_nobody_before():
    heart, loop = Heart(0.24), asyncio.get_running_loop()
    many = []
    for _ in range(SLOTS):
        many.append(Beating())
        heart.add(many[-1])
        await asyncio.sleep(0.02)
    began = loop.time()
    await eventually(lambda: all(each.beats >= 2 for each in many))
    assert loop.time() - began >= 0.24
    counts = [each.beats for each in many]
    assert max(counts) - min(counts) <= 1
    assert len({each.slot for each in many}) > SLOTS / 2


async def test_where_nobody_is_left_it_stops_and_begins_again():
    heart, beating = Heart(0.12), Beating()
    heart.remove(beating)
    heart.add(beating)
    heart.remove(beating)
    await asyncio.sleep(0.05)
    assert heart._timer is None
    heart.add(beating)
    await eventually(lambda: beating.beats > 0)
    heart.remove(beating)


# What waits


def test_what_waits_comes_out_in_order():
    box = Outbox(10, 1000)
    for number in range(5):
        box.put(number, 1)
    assert list(box.drain()) == [0, 1, 2, 3, 4]
    assert len(box) == 0


def test_of_one_key_the_last_waits_at_the_end():
    box = Outbox(10, 1000)
    for entry, key in [("a1", "a"), ("x", None), ("b1", "b"), ("a2", "a"), ("y", None)]:
        box.put(entry, 1, key)
    assert list(box.drain()) == ["x", "b1", "a2", "y"]


def test_it_is_full_by_number_or_by_bytes_and_takes_one_that_is_large():
    box = Outbox(2, 100)
    box.put("a", 5000)
    assert box.is_full
    assert list(box.drain()) == ["a"]
    assert not box.is_full
    box.put("a", 1)
    assert not box.is_full
    box.put("b", 1)
    assert box.is_full


def test_what_replaces_something_takes_only_its_own_room():
    box = Outbox(10, 100)
    for _ in range(50):
        box.put("state", 60, "key")
    assert not box.is_full
    box.put("other", 40)
    assert box.is_full
    box.clear()
    assert (len(box), box.is_full) == (0, False)


def test_draining_may_stop_in_the_middle():
    box = Outbox(10, 100)
    for number in range(3):
        box.put(number, 50)
    assert next(box.drain()) == 0
    assert list(box.drain()) == [1, 2]


# Pages and cookies


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        (None, True),
        (b"https://api.example", True),
        (b"http://api.example", True),
        (b"https://app.example", True),
        (b"https://evil.example", False),
        (b"https://api.example.evil.example", False),
        (b"https://api.example:8000", False),
        (b"null", False),
        (b"", False),
        (b"https://[", False),
        (b"\xff", False),
    ],
)
def test_a_page_of_our_own_host_and_those_that_are_named_are_known(origin, is_let_in):
    headers = {b"host": b"api.example", **({} if origin is None else {b"origin": origin})}
    assert is_known(headers, ["https://app.example"]) is is_let_in


def test_a_page_that_is_named_is_not_our_own():
    assert is_own({b"host": b"x", b"origin": b"https://x", b"sec-fetch-site": b"same-origin"})
    assert not is_own({b"host": b"x", b"origin": b"https://app.example"})


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"crossfade_refresh=abc", "abc"),
        (b"a=1; crossfade_refresh=abc; b=2", "abc"),
        (b"a=1;crossfade_refresh=abc", "abc"),
        (b"not_crossfade_refresh=abc", None),
        (b"a=crossfade_refresh=abc", None),
        (b"crossfade_refresh=", ""),
        (b"", None),
        (b"\xff; crossfade_refresh=\xff", "ÿ"),
    ],
)
def test_a_cookie_is_found_by_its_name(header, found):
    assert Jar(header, is_secure=False).refresh == found
