"""People, made behind the API."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import asyncpg
from argon2 import PasswordHasher

from services.identity.usernames import username_key

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""A hash names its own cost: one that is made here is quick to verify, too."""


@dataclass(frozen=True)
class Person:
    """Somebody who can ask."""

    id: UUID
    username: str
    session_id: UUID | None = None

    @property
    def email(self) -> str:
        """Where `People` says that they get their letters."""
        return f"{self.username}@example.com"


class People:
    """Makes people; each call a new one."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self._admin = admin

    async def person(
        self, username: str | None = None, *, display_name: str | None = None, password: str | None = None
    ) -> Person:
        """Somebody with a verified address; who has a password can sign in by it."""
        id_ = uuid4()
        name = username or f"person-{id_.hex[:8]}"
        person = Person(id_, name)
        await self._admin.execute(
            "insert into users (id, username, username_key, display_name) values ($1, $2, $3, $4)",
            id_,
            name,
            username_key(name),
            display_name,
        )
        await self._admin.execute(
            "insert into accounts (user_id, email, email_verified_at, has_password)"
            " values ($1, $2, now(), $3)",
            id_,
            person.email,
            password is not None,
        )
        if password is not None:
            await self._admin.execute(
                "insert into credentials (user_id, password_hash) values ($1, $2)", id_, CHEAP.hash(password)
            )
        return person

    async def device(self, person: Person, user_agent: str | None = None) -> Person:
        """The same person, asking from one more session of theirs."""
        session_id: UUID = await self._admin.fetchval(
            "insert into user_sessions (user_id, user_agent, created_at, expires_at)"
            " values ($1, $2, clock_timestamp(), now() + interval '30 days') returning id",
            person.id,
            user_agent,
        )
        return replace(person, session_id=session_id)

    async def signed_in(self, username: str | None = None) -> Person:
        """Somebody new, with a session."""
        return await self.device(await self.person(username))
