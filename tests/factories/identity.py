"""People, made behind the API."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg


@dataclass(frozen=True)
class Person:
    """Somebody who can ask."""

    id: UUID
    username: str
    session_id: UUID | None = None


class People:
    """Makes people; each call a new one."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self._admin = admin

    async def person(self, username: str | None = None) -> Person:
        """Somebody with a verified address and no password."""
        id_ = uuid4()
        name = username or f"person-{id_.hex[:8]}"
        await self._admin.execute(
            "insert into users (id, username, username_key) values ($1, $2, $3)", id_, name, name.lower()
        )
        await self._admin.execute(
            "insert into accounts (user_id, email, email_verified_at) values ($1, $2, now())",
            id_,
            f"{name}@example.com",
        )
        return Person(id_, name)
