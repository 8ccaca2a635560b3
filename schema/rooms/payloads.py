"""What mutations of rooms answer."""

import strawberry

from schema.fields import payload, relation
from schema.lazy import LAZY_VIEWER
from schema.pages import Edge
from schema.rooms.types import Message, Room

FOR_THE_LIST = "For the list."
FOR_THE_CACHE = "For the cache."
AS_IT_IS_NOW = "As it is now."
THE_ROOM = "The room."


@payload("Outcome of createRoom.")
class CreateRoomPayload:
    edge: Edge[Room] | None = strawberry.field(description=FOR_THE_LIST)


@payload("Outcome of updateRoom.")
class UpdateRoomPayload:
    room: Room | None = strawberry.field(description=THE_ROOM)


@payload("Outcome of deleteRoom.")
class DeleteRoomPayload:
    deleted_room_id: strawberry.ID | None = strawberry.field(description=FOR_THE_CACHE)


@payload("Outcome of joinRoom.")
class JoinRoomPayload:
    edge: Edge[Room] | None = strawberry.field(description=FOR_THE_LIST)


@payload("Outcome of leaveRoom.")
class LeaveRoomPayload:
    room: Room | None = strawberry.field(description="Null when it is private, and so out of sight.")
    left_room_id: strawberry.ID | None = strawberry.field(description=FOR_THE_CACHE)


@payload("Outcome of sendMessage.")
class SendMessagePayload:
    edge: Edge[Message] | None = strawberry.field(description=FOR_THE_LIST)
    room = relation("room_by_id", "room_id", Room | None, "With the read marker moved.")


@payload("Outcome of editMessage.")
class EditMessagePayload:
    message: Message | None = strawberry.field(description=AS_IT_IS_NOW)


@payload("Outcome of deleteMessage.")
class DeleteMessagePayload:
    message: Message | None = strawberry.field(description="The tombstone.")


@payload("Outcome of react.")
class ReactPayload:
    message: Message | None = strawberry.field(description="With its reactions.")


@payload("Outcome of unreact.")
class UnreactPayload:
    message: Message | None = strawberry.field(description="With its reactions.")


@payload("Outcome of markRead.")
class MarkReadPayload:
    room = relation("room_by_id", "room_id", Room | None, "With its counts.")
    viewer = relation("account_by_user", "viewer_id", LAZY_VIEWER | None, "The person asking, as changed.")
