"""A room, live: what happened since a cursor, then as it happens, each thing as it is now."""

from collections.abc import AsyncIterator
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
from resolvers.rooms.reads import listed
from resolvers.streams import StreamItem, open_stream
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


async def room_events(
    info: Info, room_id: strawberry.ID, after: str | None = None
) -> AsyncIterator[StreamItem]:
    """Ends when the room is gone or out of sight: nothing that happened after that is told."""
    context, key = info.context, uuid_of("Room", room_id)
    if key is None or await context.loaders.room_by_id.load(key) is None:
        raise NotFound("There is no such room, or it is not for you.")
    context.renew()  # a stream that waits holds no connection
    stream = await open_stream(context, room_topic(key), after, passing=[PROFILES])
    try:
        for item in stream.opening():
            yield item
        async for found in stream.events():
            if isinstance(found, StreamItem):
                yield found
                continue
            cursor, event = found
            room = await context.loaders.room_by_id.load(key)
            if room is None:
                yield stream.ended(await _why_gone(context, key))
                return
            told = await _item(context, room, cursor, event)
            if told is not None:
                yield told
            context.renew()
    finally:
        stream.close()


async def _why_gone(context: Context, key: UUID) -> str:
    row = await context.loaders.lease.fetchrow(EXISTS, room=key)
    return "ACCESS_WITHDRAWN" if row and row.exists else "DELETED"


async def _item(context: Context, room: RoomRow, cursor: str, event: Event) -> StreamItem | None:
    """The event with its objects as they are now; None for what there is nothing to show of."""
    loaders, base = context.loaders, (cursor, event.at, event.origin_key)
    match happening(event.kind, event.payload):
        case MessageAdded(message=id_):
            added = await loaders.message_by_id.load(id_)
            return MessageAddedItem(*base, listed(added)) if added else None
        case MessageChanged(message=id_, change=change):
            changed = await loaders.message_by_id.load(id_)
            return MessageChangedItem(*base, change, changed) if changed else None
        case RoomChanged():
            return RoomChangedItem(*base, room)
        case MemberChanged(user=user, change=change):
            return await _member_item(context, room, base, UUID(user), change)
        case ProfileChanged(user=user):
            return await _profile_item(context, room, base, UUID(user))
        case _:
            return None


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
