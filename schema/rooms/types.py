"""Rooms, members, messages, reactions."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import strawberry

from kit.errors import BadInput
from kit.ids import int_of, split_id
from models.rooms import MemberRow, MessageRow, ReactionRow, RoomRow
from resolvers.rooms import reads
from schema.fields import connection, node_id, relation, row_type
from schema.identity.types import User
from schema.nodes import Node, Nodes, NodeSource, by_uuid
from schema.rooms.enums import NotifyLevel, RoomRole
from schema.scalars import Cursor

LazyRoom = Annotated["Room", strawberry.lazy("schema.rooms.types")]
LazyMessage = Annotated["Message", strawberry.lazy("schema.rooms.types")]


def place(message: strawberry.Parent[MessageRow]) -> str:
    return reads.place(message)


def is_deleted_by_moderator(message: strawberry.Parent[MessageRow]) -> bool:
    return message.deleted_by is not None and message.deleted_by != message.user_id


@row_type(MemberRow, "One person in one room.")
class RoomMember(Node):
    id = node_id("RoomMember", "room_id", "user_id")
    user = relation("user_by_id", "user_id", User, "The person.")
    room = relation("room_by_id", "room_id", LazyRoom, "The room.")
    role: RoomRole = strawberry.field(description="What they may do.")
    joined_at: datetime = strawberry.field(description="Since when.")
    muted_until: datetime | None = strawberry.field(description="Silent until then.")


@row_type(ReactionRow, "One emoji under one message.")
class Reaction:
    id = node_id("Reaction", "message_id", "emoji")
    emoji: str = strawberry.field(description="One emoji, as typed.")
    count: int = strawberry.field(description="How many.")
    users = strawberry.field(resolver=reads.reactors, graphql_type=list[User], description="Some of them.")
    viewer_has_reacted = strawberry.field(
        resolver=reads.has_reacted, graphql_type=bool, description="Whether the viewer is one."
    )


@row_type(MessageRow, "Something said.")
class Message(Node):
    id = node_id("Message", "id")
    cursor: str = strawberry.field(
        resolver=place, description="Its place in Room.messages: page both ways from here."
    )
    room = relation("room_by_id", "room_id", LazyRoom, "The room.")
    author = relation("user_by_id", "user_id", User | None, "Null when the person is gone.")
    content: str | None = strawberry.field(description="Null when deleted; 1 to 5000 characters, plain text.")
    reply_to = relation(
        "message_by_id", "reply_to_id", LazyMessage | None, "What it answers; its tombstone when deleted."
    )
    reply_count = relation("reply_count_by_message", "id", int, "How many answer it.")
    reactions = relation(
        "reactions_by_message", "id", list[Reaction], "By emoji, first used first, at most 20."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    edited_at: datetime | None = strawberry.field(description="Null when never.")
    deleted_at: datetime | None = strawberry.field(description="Null while it stands.")
    deleted_by_moderator: bool = strawberry.field(
        resolver=is_deleted_by_moderator, description="Whether somebody else took it away."
    )
    client_key: UUID = strawberry.field(description="As the sender chose it: matches an optimistic message.")
    viewer_can_edit: bool = strawberry.field(
        resolver=reads.can_edit_message, description="Whether to show that button."
    )
    viewer_can_delete: bool = strawberry.field(
        resolver=reads.can_edit_message, description="Whether to show that button."
    )


def _latest(room: Any) -> int | None:
    return room.last_message_id or None


@row_type(RoomRow, "A place to talk about music.")
class Room(Node):
    id = node_id("Room", "id")
    name: str = strawberry.field(description="1 to 80 characters.")
    description: str | None = strawberry.field(description="What it is about.")
    is_default: bool = strawberry.field(
        resolver=reads.is_default, description="Whether everybody is in it from the start."
    )
    is_private: bool = strawberry.field(description="Whether only members see it.")
    slow_mode_seconds: int = strawberry.field(description="Between two messages of one person; 0 is off.")
    created_by = relation("user_by_id", "created_by", User | None, "Null when the person is gone.")
    created_at: datetime = strawberry.field(description="When it was made.")
    member_count: int = strawberry.field(description="How many.")
    members = connection(RoomMember, reads.members, "Owners first, then by name.")
    messages = connection(
        Message,
        reads.messages,
        "Oldest first: ask `last: 50` for the newest page, `before` to scroll up."
        " Both ways from any Message.cursor.",
    )
    latest_message = relation("message_by_id", _latest, Message | None, "For the list of rooms.")
    viewer_last_read_message = strawberry.field(
        resolver=reads.last_read_message, graphql_type=Message | None, description="Own read marker."
    )
    viewer_notify = strawberry.field(
        resolver=reads.notify_level,
        graphql_type=NotifyLevel,
        description="What counts as unread for the viewer.",
    )
    viewer_membership = strawberry.field(
        resolver=reads.viewer_membership,
        graphql_type=RoomMember | None,
        description="Null when not a member.",
    )
    viewer_unread_count = strawberry.field(
        resolver=reads.unread_count,
        graphql_type=int,
        description="Since the read marker; 100 means 100 or more; 0 for who is not a member.",
    )
    viewer_can_post: bool = strawberry.field(
        resolver=reads.can_post, description="Whether sending would work now."
    )
    viewer_can_post_at: datetime | None = strawberry.field(
        resolver=reads.can_post_at, description="When it would, if slow mode or muting is in the way."
    )
    viewer_can_moderate: bool = strawberry.field(
        resolver=reads.can_moderate, description="Whether to show those buttons."
    )
    viewer_can_edit: bool = strawberry.field(
        resolver=reads.can_moderate, description="Whether to show that button."
    )
    event_cursor = strawberry.field(
        resolver=reads.event_cursor,
        graphql_type=Cursor,
        description="Read before everything else in the answer: subscribe after it and nothing is missed.",
    )


def _member_key(id: str) -> tuple[UUID, UUID] | None:
    _, parts = split_id(id)
    try:
        room_id, user_id = map(UUID, parts)
    except ValueError:
        raise BadInput("This is not an identifier.") from None
    return room_id, user_id


NODES: Nodes = {
    "Room": by_uuid("Room", "room_by_id"),
    "RoomMember": NodeSource("member_by_room_and_user", _member_key),
    "Message": NodeSource("message_by_id", partial(int_of, "Message")),
}
