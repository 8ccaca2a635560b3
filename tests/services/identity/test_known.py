"""Identities that were looked up a moment ago."""

from uuid import uuid4

from services.identity.known import KnownIdentities


def test_an_identity_is_known_by_issuer_and_subject():
    known, person = KnownIdentities(), uuid4()
    known.add("issuer", "subject", person)
    assert known.find("issuer", "subject") == person
    assert known.find("issuer", "another") is None
    assert known.find("another", "subject") is None


def test_an_identity_is_forgotten_after_a_while():
    time = [0.0]
    known = KnownIdentities(seconds=60, monotonic=lambda: time[0])
    known.add("issuer", "subject", uuid4())
    time[0] = 59.0
    assert known.find("issuer", "subject") is not None
    time[0] = 60.0
    assert known.find("issuer", "subject") is None


def test_the_one_longest_out_of_use_makes_room():
    known = KnownIdentities(most=2)
    for subject in ("a", "b"):
        known.add("issuer", subject, uuid4())
    known.find("issuer", "a")
    known.add("issuer", "c", uuid4())
    assert [known.find("issuer", subject) is not None for subject in "abc"] == [True, False, True]
