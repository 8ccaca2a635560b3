"""Rooms come, change and go; people come and go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import strawberry
from sqlalchemy import BigInteger, Boolean, DateTime, String, Uuid, column, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import Integer

from kit.errors import Forbidden, Problem, ProblemCode
from kit.ids import global_id, uuid_of
from kit.pages import Edge
from kit.statements import Record, Statement, param
from models.rooms import ChatRoom, RoomMember, RoomRow
from resolvers.context import Context, Info
from resolvers.idempotency import first_answer
from resolvers.loaders.rooms import ROOM, member, room
from resolvers.rooms.reads import LISTS, membership
from services.events import MemberChanged, RoomChanged, RoomDeleted, room_topic
from services.rooms import input_hash, room_description, room_name, slow_mode

CREATE = Statement(
    insert(ChatRoom).values(
        id=param("id", Uuid()),
        name=param("name", String()),
        description=param("description", String()),
        is_private=param("is_private", Boolean()),
        created_by=param("created_by", Uuid()),
    ),
    Record,
)
UPDATE = Statement(
    update(ChatRoom)
    .values(
        name=param("name", String()),
        description=param("description", String()),
        is_private=param("is_private", Boolean()),
        slow_mode_seconds=param("slow_mode_seconds", Integer()),
    )
    .where(room.id == param("id", Uuid()))
    .returning(*ROOM),
    RoomRow,
)
DELETE = Statement(select(func.app.delete_room(param("id", Uuid())).label("is_deleted")), Record)
JOIN = Statement(
    insert(RoomMember)
    .values(
        room_id=param("room_id", Uuid()),
        user_id=param("user_id", Uuid()),
        last_read_message_id=param("last_read", BigInteger()),
    )
    .on_conflict_do_nothing()
    .returning(member.room_id),
    Record,
)
LEAVE = Statement(
    select(func.app.leave_room(param("room_id", Uuid()), param("new_owner", Uuid())).label("outcome")), Record
)
BAN = Statement(
    select(column("expires_at", DateTime(timezone=True))).select_from(
        func.app.viewer_ban(param("room_id", Uuid())).table_valued("expires_at")
    ),
    Record,
)
CHANGES: dict[str, Callable[[Any], Any]] = {
    "name": room_name,
    "description": room_description,
    "slow_mode_seconds": slow_mode,
    "is_private": bool,
}


@dataclass(frozen=True)
class RoomListed:
    """A room, for a list of them."""

    edge: Edge[RoomRow]


@dataclass(frozen=True)
class RoomNow:
    """A room as it is now."""

    room: RoomRow | None


@dataclass(frozen=True)
class RoomGone:
    """For caches."""

    deleted_room_id: str


@dataclass(frozen=True)
class RoomLeft:
    """The room where it can still be seen."""

    room: RoomRow | None
    left_room_id: str


async def create_room(
    info: Info, name: str, client_key: UUID, description: str | None = None, is_private: bool = False
) -> RoomListed:
    """A retry with the same key finds the room of the first call."""
    values = {"name": room_name(name), "description": room_description(description), "is_private": is_private}
    user_id, id_ = info.context.user_id, uuid4()
    said = input_hash(*values.values())
    async with info.context.write(origin=client_key) as write:
        first = await first_answer(write, user_id, "createRoom", client_key, said, {"room": str(id_)})
        if first is None:
            await write.fetch(CREATE, id=id_, created_by=user_id, **values)
    made = await info.context.loaders.room_by_id.load(UUID(first["room"]) if first else id_)
    if made is None:
        raise _not_found("roomId")
    return RoomListed(listed(made))


async def update_room(info: Info, room_id: strawberry.ID, **changes: Any) -> RoomNow:
    """Only what is given changes; a name or mode of null is as it was."""
    key = uuid_of("Room", room_id)
    before = await info.context.loaders.room_by_id.load(key) if key else None
    if before is None:
        raise _not_found("roomId")
    given = {
        name: CHANGES[name](value)
        for name, value in changes.items()
        if value is not None or name == "description"
    }
    if before.is_default_room and given.get("is_private"):
        raise Problem(ProblemCode.NOT_ALLOWED_NOW, "The default room is for everybody.", field=["isPrivate"])
    values = {name: given.get(name, getattr(before, name)) for name in CHANGES}
    async with info.context.write(room=before.id) as write:
        after = await write.fetchrow(UPDATE, id=before.id, **values)
        if after is None:
            raise Forbidden("Only owners and moderators change a room.")
        if any(getattr(before, name) != values[name] for name in CHANGES):
            write.emit(room_topic(before.id), RoomChanged())
    return RoomNow(await info.context.loaders.room_by_id.load(before.id))


async def delete_room(info: Info, room_id: strawberry.ID) -> RoomGone:
    """With everything said in it."""
    key = await _visible(info.context, room_id)
    async with info.context.write() as write:
        row = await write.fetchrow(DELETE, id=key)
        if row is None or not row.is_deleted:
            raise Forbidden("Only an owner deletes a room, and nobody the default one.")
        write.emit(room_topic(key), RoomDeleted())
    return RoomGone(global_id("Room", key))


async def join_room(info: Info, room_id: strawberry.ID) -> RoomListed:
    """Into a public room. Who is in it already, and everybody in the default room, just gets it."""
    context, key = info.context, uuid_of("Room", room_id)
    found = await context.loaders.room_by_id.load(key) if key else None
    if found is None:
        raise await _refused_entry(context, key)
    if not found.is_default_room and await membership(context, found.id) is None:
        user_id = context.user_id
        async with context.write() as write:
            if await write.fetch(JOIN, room_id=found.id, user_id=user_id, last_read=found.last_message_id):
                write.emit(room_topic(found.id), MemberChanged(str(user_id), "joined"))
        found = await context.loaders.room_by_id.load(found.id) or found
    return RoomListed(listed(found))


async def leave_room(
    info: Info, room_id: strawberry.ID, new_owner_id: strawberry.ID | None = None
) -> RoomLeft:
    """The last owner names another. Messages stay."""
    context, key = info.context, await _visible(info.context, room_id)
    heir = uuid_of("User", new_owner_id) if new_owner_id else None
    if new_owner_id and heir is None:
        raise _heir_not_found()
    user_id = context.user_id
    async with context.write() as write:
        row = await write.fetchrow(LEAVE, room_id=key, new_owner=heir)
        outcome = row.outcome if row else ""
        _check_left(outcome)
        if outcome == "handed_over":
            write.emit(room_topic(key), MemberChanged(str(heir), "role"))
        write.emit(room_topic(key), MemberChanged(str(user_id), "left"))
    return RoomLeft(await context.loaders.room_by_id.load(key), global_id("Room", key))


def listed(found: RoomRow) -> Edge[RoomRow]:
    """Where a room stands in the lists of rooms as they are ordered by default."""
    rows = LISTS["latest_message", None, False]
    return Edge(found, rows.cursor(rows.cursors("rooms:latest_message")))


async def _visible(context: Context, room_id: str) -> UUID:
    key = uuid_of("Room", room_id)
    if key is None or await context.loaders.room_by_id.load(key) is None:
        raise _not_found("roomId")
    return key


async def _refused_entry(context: Context, key: UUID | None) -> Problem:
    ban = await context.loaders.lease.fetchrow(BAN, room_id=key) if key else None
    if ban is None:
        return _not_found("roomId")
    return Problem(
        ProblemCode.BANNED, "You were sent away from this room.", field=["roomId"], retry_at=ban.expires_at
    )


def _check_left(outcome: str) -> None:
    if outcome in {"left", "handed_over"}:
        return
    if outcome == "owner_not_a_member":
        raise _heir_not_found()
    messages = {
        "default_room": "Nobody leaves the default room.",
        "needs_owner": "You are the last owner: say who owns the room then.",
        "not_a_member": "You are not in this room.",
    }
    code = ProblemCode.NOT_A_MEMBER if outcome == "not_a_member" else ProblemCode.NOT_ALLOWED_NOW
    raise Problem(code, messages[outcome], field=["newOwnerId" if outcome == "needs_owner" else "roomId"])


def _not_found(field: str) -> Problem:
    return Problem(ProblemCode.NOT_FOUND, "There is no such room, or it is not for you.", field=[field])


def _heir_not_found() -> Problem:
    return Problem(ProblemCode.NOT_FOUND, "The new owner must be in the room.", field=["newOwnerId"])
