"""How a person comes to be: the one statement behind signing up and behind an issuer's first token."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, func, select
from sqlalchemy.dialects.postgresql import JSONB

from kit.db import Transaction
from kit.statements import Record, Statement, param
from resolvers.context import Write
from services.identity.usernames import username_key, with_suffix

SIGN_UP = Statement(
    select(
        func.app.auth_sign_up(
            param("person", Uuid()),
            param("username", String()),
            param("username_key", String()),
            param("display_name", String()),
            param("email", String()),
            param("password_hash", String()),
            param("issuer", String()),
            param("subject", String()),
            param("claims", JSONB()),
            param("spotify_user_id", String()),
        ).label("outcome")
    ),
    Record,
)

_SMALL_NUMBERS = range(2, 5)


@dataclass(frozen=True)
class NewPerson:
    """Somebody to be. Without a password hash they sign in by their issuer only."""

    person: UUID
    username: str
    display_name: str | None = None
    email: str | None = None
    password_hash: str | None = None
    issuer: str | None = None
    subject: str | None = None
    claims: dict[str, Any] | None = None
    spotify_user_id: str | None = None


async def make_person(write: Write | Transaction, new: NewPerson) -> str:
    """The outcome in the words of `app.auth_sign_up`; save for "made", nothing was."""
    row = await write.fetchrow(SIGN_UP, **vars(new), username_key=username_key(new.username))
    return str(row.outcome) if row else "conflict"


def names_like(name: str, rng: Random) -> Iterator[str]:
    """`name`, then names after it to try where it is taken: a few small numbers, then large ones."""
    yield name
    for number in _SMALL_NUMBERS:
        yield with_suffix(name, number)
    while True:
        yield with_suffix(name, rng.randrange(1_000, 1_000_000))
