"""Rooms as they are: one, many, and what of them depends on who asks."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import Integer, String, Uuid, column, func, select, text
from sqlalchemy.types import BigInteger, DateTime, TypeEngine

from kit.errors import BadInput, NotFound
from kit.ids import uuid_of
from kit.keyset import Keyset
from kit.pages import Edge, Page, PageArgs
from kit.statements import Record, Statement, keys, param
from models.rooms import MemberRow, MessageRow, ReactionRow, RoomRole, RoomRow
from resolvers.context import Context, Info
from resolvers.loaders.messages import MESSAGES
from resolvers.loaders.rooms import ROOM, room
from resolvers.streams import stream_cursors
from services.events import room_topic
from services.identity.usernames import username_key
from services.rooms import may_edit_message, may_moderate, search_query, speaks_again_at

FEW = 3
"""People behind a reaction, where nobody says how many."""
MOST_FOUND = 500
"""A search is among the so many rooms that spoke last; nobody pages further."""

Parent = strawberry.Parent[RoomRow]
RoomId = Annotated[strawberry.ID, strawberry.argument(description="Opaque, stable, URL-safe identifier.")]
Role = Annotated[RoomRole | None, strawberry.argument(description="Only these.")]
Query = Annotated[str | None, strawberry.argument(description="What to look for.")]
FirstReactors = Annotated[
    int | None, strawberry.argument(description="At most this many from the front, 1 to 100.")
]

DEFAULT_ROOM = Statement(select(*ROOM).where(room.is_default_room), RoomRow)
FIND = Statement(
    select(column("id")).select_from(
        func.app.find_rooms(param("words", String()), param("most", Integer())).table_valued("id")
    ),
    Record,
)
UNREAD_ROOMS = Statement(
    text("""
        select count(*) as number
        from chat_rooms r
        join accounts a on a.user_id = (select app.viewer())
        left join room_members me on me.room_id = r.id and me.user_id = a.user_id
        where (r.is_default_room or me.user_id is not null) and coalesce(me.notify, 'all') = 'all'
          and r.last_message_id > coalesce(me.last_read_message_id, a.default_room_seen_id)
          and exists (
            select from chat_messages m
            where m.room_id = r.id and m.id > coalesce(me.last_read_message_id, a.default_room_seen_id)
              and m.user_id is distinct from a.user_id and m.deleted_at is null)
    """),
    Record,
)
MINE = text("(chat_rooms.is_default_room or chat_rooms.id = any(array(select app.viewer_rooms())))")
NOT_MINE = text("not (chat_rooms.is_default_room or chat_rooms.id = any(array(select app.viewer_rooms())))")
FOUND = room.id == keys("found", Uuid())

Key = tuple[Any, TypeEngine[Any], type]
ID: Key = (room.id, Uuid(), UUID)
NAME = func.lower(room.name)
ORDERS: dict[str, tuple[dict[str, Key], bool]] = {
    "latest_message": ({"last_message_id": (room.last_message_id, BigInteger(), int), "id": ID}, True),
    "name": ({"name_key": (NAME, String(), str), "id": ID}, False),
    "newest": ({"created_at": (room.created_at, DateTime(timezone=True), datetime), "id": ID}, True),
}


def _list(order: str, is_joined: bool | None, is_search: bool) -> Keyset[RoomRow]:
    ordered_by, is_descending = ORDERS[order]
    rows = select(*ROOM, NAME.label("name_key"))
    if is_joined is not None:
        rows = rows.where(MINE if is_joined else NOT_MINE)
    if is_search:
        rows = rows.where(FOUND)
    return Keyset(rows, RoomRow, ordered_by, is_descending=is_descending)


LISTS = {
    (order, is_joined, is_search): _list(order, is_joined, is_search)
    for order in ORDERS
    for is_joined in (None, True, False)
    for is_search in (False, True)
}


async def room_by_id(info: Info, id: RoomId) -> RoomRow | None:
    key = uuid_of("Room", id)
    return await info.context.loaders.room_by_id.load(key) if key else None


async def default_room(info: Info) -> RoomRow:
    found = await info.context.loaders.lease.fetchrow(DEFAULT_ROOM)
    if found is None:
        raise NotFound("You may not enter the default room.")
    return found


async def rooms(
    info: Info, page: PageArgs, order: str, query: str | None, *, is_joined: bool | None
) -> Page[RoomRow]:
    """Rooms one may see. Raises BadInput for a cursor of another order."""
    lease = info.context.loaders.lease
    values: dict[str, Any] = {}
    if query is not None:
        words = search_query(query)
        found = await lease.fetch(FIND, words=words, most=MOST_FOUND) if words else []
        values["found"] = [row.id for row in found]
    rows = LISTS[order, is_joined, query is not None]
    return await rows.page(lease, f"rooms:{order}", page, lambda: rows.count(lease, **values), **values)


async def unread_room_count(info: Info) -> int:
    row = await info.context.loaders.lease.fetchrow(UNREAD_ROOMS)
    return row.number if row else 0


async def messages(room: Parent, info: Info, page: PageArgs) -> Page[MessageRow]:
    return await info.context.loaders.messages_by_room.load((room.id, page, ()))


async def members(
    room: Parent, info: Info, page: PageArgs, role: Role = None, query: Query = None
) -> Page[MemberRow]:
    """Owners first, then by name."""
    filters = {"role": role, "name": username_key(query) if query else None}
    given = tuple((name, value) for name, value in filters.items() if value is not None)
    return await info.context.loaders.members_by_room.load((room.id, page, given))


async def membership(context: Context, room_id: UUID) -> MemberRow | None:
    """The viewer's own; None for who is not in the room, and for nobody."""
    if context.viewer is None:
        return None
    return await context.loaders.member_by_room_and_user.load((room_id, context.viewer.user_id))


async def last_read_message(room: Parent, info: Info) -> MessageRow | None:
    mine = await membership(info.context, room.id)
    if mine is None or not mine.last_read_message_id:
        return None
    return await info.context.loaders.message_by_id.load(mine.last_read_message_id)


async def notify_level(room: Parent, info: Info) -> str:
    mine = await membership(info.context, room.id)
    return mine.notify if mine else "nothing"


def unread_count(room: Parent, info: Info) -> Awaitable[int] | int:
    viewer = info.context.viewer
    return info.context.loaders.unread_by_viewer_and_room.load((viewer.user_id, room.id)) if viewer else 0


async def can_post(room: Parent, info: Info) -> bool:
    mine = await membership(info.context, room.id)
    return mine is not None and speaks_again_at(room, mine) is None


async def can_post_at(room: Parent, info: Info) -> datetime | None:
    mine = await membership(info.context, room.id)
    return speaks_again_at(room, mine) if mine else None


async def can_moderate(room: Parent, info: Info) -> bool:
    return may_moderate(await membership(info.context, room.id))


async def event_cursor(room: Parent, info: Info) -> str:
    topic = room_topic(room.id)
    return stream_cursors(topic).at(await info.context.loaders.head_seen_by_topic.load(topic))


async def reactors(
    reaction: strawberry.Parent[ReactionRow], info: Info, first: FirstReactors = FEW
) -> list[Any]:
    wanted, most = (FEW if first is None else first), info.context.services.settings.max_page_size
    if not 1 <= wanted <= most:
        raise BadInput(f"A page holds 1 to {most} items.")
    key = (reaction.message_id, reaction.emoji, wanted)
    return await info.context.loaders.reactors_by_reaction.load(key)


async def viewer_membership(room: Parent, info: Info) -> MemberRow | None:
    return await membership(info.context, room.id)


async def reactions(message: strawberry.Parent[MessageRow], info: Info) -> list[ReactionRow]:
    return await info.context.loaders.reactions_by_message.load(message.id)


def has_reacted(reaction: strawberry.Parent[ReactionRow], info: Info) -> Awaitable[bool] | bool:
    viewer = info.context.viewer
    if viewer is None:
        return False
    key = (viewer.user_id, reaction.message_id, reaction.emoji)
    return info.context.loaders.has_reacted_by_viewer_and_reaction.load(key)


def can_edit_message(message: strawberry.Parent[MessageRow], info: Info) -> bool:
    viewer = info.context.viewer
    return may_edit_message(message.user_id, message.deleted_at, viewer.user_id if viewer else None)


def is_default(room: Parent) -> bool:
    return room.is_default_room


def listed(found: MessageRow) -> Edge[MessageRow]:
    """Where a message stands in its room's list."""
    return Edge(found, place)


def place(found: MessageRow) -> str:
    """The cursor of a message in its room's list."""
    return MESSAGES.cursors(f"messages:{found.room_id}").at(found.id)
