"""A room, live: what happened since a cursor, then as it happens, each thing as it is now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import Uuid, func, select

from kit.errors import NotFound
from kit.hub import Event
from kit.ids import uuid_of
from kit.pages import Edge
from kit.statements import Record, Statement, param
from models.identity import UserRow
from models.rooms import MemberRow, MessageRow, RoomRow
from resolvers.context import Context, Info
from resolvers.rooms.readers import readers
from resolvers.rooms.reads import listed
from resolvers.streams import OvertakenError, Person, StreamItem, Watch, watch
from services.events import (
    PROFILES,
    MemberChanged,
    MessageAdded,
    MessageChanged,
    ProfileChanged,
    RoomChanged,
    happening,
    room_topic,
)

Base = tuple[str, datetime, UUID | None]
"""Cursor, time and origin of an item."""

EXISTS = Statement(select(func.app.room_exists(param("room", Uuid())).label("exists")), Record)


@dataclass(frozen=True)
class MessageAddedItem(StreamItem):
    """Somebody said something."""

    message_edge: Edge[MessageRow]


@dataclass(frozen=True)
class MessageChangedItem(StreamItem):
    """A message is not what it was."""

    message_change: str
    message: MessageRow


@dataclass(frozen=True)
class RoomChangedItem(StreamItem):
    """Name, description or mode."""

    room: RoomRow


@dataclass(frozen=True)
class MemberChangedItem(StreamItem):
    """Somebody came, went or changed."""

    member_change: str
    user: UserRow
    member: MemberRow | None
    member_count: int


async def room_events(info: Info, room_id: strawberry.ID, after: str | None = None) -> Watch:
    """Ends when the room is gone or out of sight: nothing that happened after that is told."""
    context, key = info.context, uuid_of("Room", room_id)
    if key is None or await context.loaders.room_by_id.load(key) is None:
        raise NotFound("There is no such room, or it is not for you.")
    return watch(RoomSource(key), after)


class RoomSource:
    """What happens in a room, and changed profiles of people in it."""

    passing: Sequence[str] = (PROFILES,)

    def __init__(self, key: UUID) -> None:
        self._key = key
        self.topic = room_topic(key)

    async def readers(self, context: Context, people: Sequence[Person]) -> Collection[Person]:
        return await readers(
            context.loaders.lease, self._key, [person for person in people if person is not None]
        )

    async def why_gone(self, context: Context) -> str:
        row = await context.loaders.lease.fetchrow(EXISTS, room=self._key)
        return "ACCESS_WITHDRAWN" if row and row.exists else "DELETED"

    async def item(self, context: Context, cursor: str, event: Event) -> StreamItem | None:
        loaders, base = context.loaders, (cursor, event.at, event.origin_key)
        match happening(event.kind, event.payload):
            case MessageAdded(message=id_):
                added = await loaders.message_by_id.load(id_)
                return MessageAddedItem(*base, listed(added)) if added else None
            case MessageChanged(message=id_, change=change):
                changed = await loaders.message_by_id.load(id_)
                return MessageChangedItem(*base, change, changed) if changed else None
            case RoomChanged():
                return RoomChangedItem(*base, await self._room(context))
            case MemberChanged(user=user, change=change):
                return await _member_item(context, await self._room(context), base, UUID(user), change)
            case ProfileChanged(user=user):
                return await _profile_item(context, await self._room(context), base, UUID(user))
            case _:
                return None

    async def _room(self, context: Context) -> RoomRow:
        found = await context.loaders.room_by_id.load(self._key)
        if found is None:
            raise OvertakenError
        return found


async def _member_item(
    context: Context, room: RoomRow, base: Base, user_id: UUID, change: str
) -> MemberChangedItem | None:
    user = await context.loaders.user_by_id.load(user_id)
    member = await context.loaders.member_by_room_and_user.load((room.id, user_id))
    return MemberChangedItem(*base, change, user, member, room.member_count) if user else None


async def _profile_item(
    context: Context, room: RoomRow, base: Base, user_id: UUID
) -> MemberChangedItem | None:
    """Of people in the room only."""
    item = await _member_item(context, room, base, user_id, "profile")
    return item if item and item.member else None
