"""People whom an outside issuer signs in: found by issuer and subject, made at first sight."""

from collections.abc import Iterator
from dataclasses import replace
from random import SystemRandom
from uuid import UUID, uuid4

from sqlalchemy import String, func, select

from kit.db import Lease, Transaction
from kit.statements import Record, Statement, param
from resolvers.context import Services
from resolvers.identity.people import NewPerson, make_person, names_like
from services.identity.claims import ExternalClaims
from services.identity.rules import display_name_from
from services.identity.usernames import from_claims

FIND = Statement(
    select(func.app.auth_identity(param("issuer", String()), param("subject", String())).label("person")),
    Record,
)


_STEPS = 12


class FirstSightError(RuntimeError):
    """Whatever was tried for a new person was taken."""


async def user_of(services: Services, claims: ExternalClaims) -> UUID:
    """Who these claims speak for. Concurrent first sights end in one person."""
    known = services.known_identities.find(claims.issuer, claims.subject)
    if known is not None:
        return known
    async with services.database.read(None) as lease:
        person = await _find(lease, claims)
    if person is None:
        person = await _first_sight(services, claims)
    services.known_identities.add(claims.issuer, claims.subject, person)
    return person


async def _find(reader: Lease | Transaction, claims: ExternalClaims) -> UUID | None:
    row = await reader.fetchrow(FIND, issuer=claims.issuer, subject=claims.subject)
    person: UUID | None = row.person if row else None
    return person


async def _first_sight(services: Services, claims: ExternalClaims) -> UUID:
    """Make the person, giving way to whoever has the name or the address already."""
    rng = SystemRandom()
    names = names_like(from_claims(claims, rng), rng)
    new = _new_person(claims, next(names))
    async with services.database.write(None) as write:
        for _ in range(_STEPS):
            outcome = await make_person(write, new)
            if outcome == "made":
                return new.person
            if outcome == "identity_taken":
                break
            new = _giving_way(new, outcome, names)
        person = await _find(write, claims)
    if person is None:
        raise FirstSightError(outcome)
    return person


def _new_person(claims: ExternalClaims, username: str) -> NewPerson:
    return NewPerson(
        uuid4(),
        username,
        display_name=display_name_from(claims),
        email=claims.email,
        issuer=claims.issuer,
        subject=claims.subject,
        claims=dict(claims.raw),
        spotify_user_id=claims.spotify_user_id,
    )


def _giving_way(new: NewPerson, outcome: str, names: Iterator[str]) -> NewPerson:
    if outcome == "email_taken":
        # An issuer's word for an address never opens the account that has it.
        return replace(new, email=None)
    if outcome == "username_taken":
        return replace(new, username=next(names))
    return new  # a conflict that the next statement sees, and avoids by itself
