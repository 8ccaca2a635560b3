"""Batched reads of rooms and who is in them."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    String,
    Uuid,
    and_,
    case,
    column,
    func,
    literal_column,
    or_,
    select,
    text,
)

from kit.keyset import Keyset
from kit.statements import Record, Statement, keys, param
from models.identity import User
from models.rooms import ChatRoom, MemberRow, NotifyLevel, RoomMember, RoomRole, RoomRow
from resolvers.loaders.base import Batched, RowByKey
from resolvers.loaders.pages import PagesByParent

room = ChatRoom.__table__.c  # type: ignore[attr-defined]  # SQLModel makes it
member = RoomMember.__table__.c  # type: ignore[attr-defined]  # as above
user = User.__table__.c  # type: ignore[attr-defined]  # as above

ROOM = (
    room.id,
    room.name,
    room.description,
    room.is_default_room,
    room.is_private,
    room.slow_mode_seconds,
    room.created_by,
    room.member_count,
    room.last_message_id,
    room.created_at,
)
MEMBER = (
    member.room_id,
    member.user_id,
    member.role,
    member.last_read_message_id,
    member.notify,
    member.muted_until,
    member.last_posted_at,
    member.joined_at,
)
# Everybody is in the default room, with a row or without: then they are a member since they signed up.
MEMBER_OR_DEFAULT = (
    room.id.label("room_id"),
    user.id.label("user_id"),
    func.coalesce(member.role, RoomRole.MEMBER).label("role"),
    func.coalesce(member.last_read_message_id, 0).label("last_read_message_id"),
    func.coalesce(member.notify, NotifyLevel.ALL).label("notify"),
    member.muted_until,
    member.last_posted_at,
    func.coalesce(member.joined_at, user.created_at).label("joined_at"),
)
RANK = case(
    (member.role == RoomRole.OWNER, literal_column("0")),
    (member.role == RoomRole.MODERATOR, literal_column("1")),
    else_=literal_column("2"),
)

MEMBER_FILTERS = {
    "role": member.role == param("role", member.role.type),
    "name": func.starts_with(user.username_key, param("name", String())),
}


class RoomById(RowByKey[UUID, RoomRow]):
    """Rooms the viewer may see."""

    statement = Statement(select(*ROOM).where(room.id == keys("keys", Uuid())), RoomRow)


class MemberByRoomAndUser(Batched[tuple[UUID, UUID], MemberRow | None]):
    """One person in one room."""

    asked = (
        func.unnest(param("rooms", ARRAY(Uuid())), param("users", ARRAY(Uuid())))
        .table_valued(column("room_id", Uuid()), column("user_id", Uuid()), name="asked")
        .render_derived()
    )
    statement = Statement(
        select(*MEMBER_OR_DEFAULT)
        .select_from(asked)
        .join(ChatRoom, room.id == asked.c.room_id)
        .join(User, user.id == asked.c.user_id)
        .outerjoin(RoomMember, and_(member.room_id == room.id, member.user_id == user.id))
        .where(or_(room.is_default_room, member.user_id.is_not(None))),
        MemberRow,
    )

    async def batch_load_fn(self, keys: list[tuple[UUID, UUID]]) -> list[MemberRow | None]:
        rooms, users = zip(*keys, strict=True)
        rows = await self.lease.fetch(self.statement, rooms=rooms, users=users)
        found = {(row.room_id, row.user_id): row for row in rows}
        return [found.get(key) for key in keys]


class UnreadByViewerAndRoom(Batched[tuple[UUID, UUID], int]):
    """Messages of others behind somebody's marker, told to 100; 0 for who is not there. Keys: who, room."""

    statement = Statement(
        text("""
            select asked.user_id, r.id as room_id, least(100, (
              select count(*) from (
                select from chat_messages m
                where m.room_id = r.id and m.id > seen.id
                  and m.user_id is distinct from asked.user_id and m.deleted_at is null
                order by m.id limit 100) behind)) as number
            from unnest(:people, :rooms) asked (user_id, room_id)
            join chat_rooms r on r.id = asked.room_id
            left join room_members me on me.room_id = r.id and me.user_id = asked.user_id
            cross join lateral (
              select coalesce(me.last_read_message_id, app.default_room_seen(asked.user_id)) offset 0
            ) seen (id)
            where (r.is_default_room or me.user_id is not null) and coalesce(me.notify, 'all') = 'all'
              and r.last_message_id > seen.id
        """).bindparams(param("people", ARRAY(Uuid())), param("rooms", ARRAY(Uuid()))),
        Record,
    )

    async def batch_load_fn(self, keys: list[tuple[UUID, UUID]]) -> list[int]:
        people, rooms = zip(*keys, strict=True)
        rows = await self.lease.fetch(self.statement, people=people, rooms=rooms)
        found = {(row["user_id"], row["room_id"]): row["number"] for row in rows}
        return [found.get(key, 0) for key in keys]


class MembersByRoom(PagesByParent[MemberRow]):
    """Members, owners first, then by name; filters: role, name (the beginning of a folded user name)."""

    scope = "members"
    lists: ClassVar = {
        frozenset(filters): Keyset(
            select(*MEMBER, RANK.label("rank"), user.username_key)
            .join(User, user.id == member.user_id)
            .where(*(MEMBER_FILTERS[name] for name in filters)),
            MemberRow,
            {"rank": (RANK, Integer(), int), "username_key": (user.username_key, String(), str)},
            parent=(member.room_id, Uuid()),
        )
        for filters in ((), ("role",), ("name",), ("role", "name"))
    }
