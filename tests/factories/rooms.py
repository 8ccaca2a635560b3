"""Rooms and messages, made behind the API."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from kit.ids import global_id
from tests.factories.identity import Person


@dataclass(frozen=True)
class Place:
    """A room."""

    id: UUID

    @property
    def gid(self) -> str:
        """As clients name it."""
        return global_id("Room", self.id)


class Rooms:
    """Makes rooms, members and messages; each call a new one."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self._admin = admin

    async def default(self) -> Place:
        """The one that everybody is in."""
        return Place(await self._admin.fetchval("select id from chat_rooms where is_default_room"))

    async def room(
        self, owner: Person, *members: Person, name: str = "A room", is_private: bool = False, slow: int = 0
    ) -> Place:
        """A room of `owner`."""
        id_ = await self._admin.fetchval(
            "insert into chat_rooms (name, is_private, slow_mode_seconds, created_by)"
            " values ($1, $2, $3, $4) returning id",
            name,
            is_private,
            slow,
            owner.id,
        )
        place = Place(id_)
        for person in members:
            await self.member(place, person)
        return place

    async def member(self, place: Place, person: Person, role: str = "member") -> None:
        """Put somebody in."""
        await self._admin.execute(
            "insert into room_members (room_id, user_id, role) values ($1, $2, $3)", place.id, person.id, role
        )

    async def ban(self, place: Place, person: Person) -> None:
        """For good."""
        await self._admin.execute(
            "insert into room_bans (room_id, user_id) values ($1, $2)", place.id, person.id
        )

    async def message(
        self, place: Place, author: Person, content: str = "Hello", reply_to: int | None = None
    ) -> int:
        """Something said, without an event."""
        id_: int = await self._admin.fetchval(
            "insert into chat_messages (room_id, user_id, content, client_key, input_hash, reply_to_id)"
            " values ($1, $2, $3, $4, '', $5) returning id",
            place.id,
            author.id,
            content,
            uuid4(),
            reply_to,
        )
        return id_

    async def react(self, place: Place, person: Person, message: int, emoji: str = "🎵") -> None:
        """An emoji under a message, without an event."""
        await self._admin.execute(
            "insert into message_reactions (message_id, user_id, emoji, room_id) values ($1, $2, $3, $4)",
            message,
            person.id,
            emoji,
            place.id,
        )
