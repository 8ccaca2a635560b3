"""Sessions that ended a short while ago."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from services.identity.sessions import EndedSessions

START = datetime(2026, 1, 1, tzinfo=UTC)
LIFETIME = timedelta(minutes=15)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time


def test_a_session_has_ended_from_the_moment_it_is_told():
    ended, session = EndedSessions(LIFETIME, Clock()), uuid4()
    assert not ended.has(session)
    ended.add(session, START)
    assert ended.has(session)
    assert not ended.has(uuid4())


def test_a_session_is_forgotten_when_its_tokens_have_run_out():
    clock = Clock()
    ended, first, second = EndedSessions(LIFETIME, clock), uuid4(), uuid4()
    ended.add(first, START)
    clock.time += LIFETIME
    ended.add(second, clock.time)
    assert (ended.has(first), len(ended)) == (True, 2)
    clock.time += LIFETIME
    ended.add(second, clock.time)
    assert (ended.has(first), ended.has(second), len(ended)) == (False, True, 1)


def test_a_clock_of_the_database_that_is_behind_revives_no_token():
    clock = Clock()
    ended, session = EndedSessions(LIFETIME, clock), uuid4()
    ended.add(session, START - timedelta(hours=1))
    clock.time += LIFETIME
    ended.prune()
    assert ended.has(session)


def test_being_told_twice_does_no_harm():
    ended, session = EndedSessions(LIFETIME, Clock()), uuid4()
    ended.add(session, START)
    ended.add(session, START)
    assert len(ended) == 1
