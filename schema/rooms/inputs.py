"""What mutations of rooms take."""

from uuid import UUID

import strawberry
from strawberry import UNSET

CLIENT_KEY = "Chosen by the client, once per intent: a retry with it returns the first answer."
WHICH_ROOM = "Which room."
WHICH_MESSAGE = "Which message."


@strawberry.input(description="Which rooms.")
class RoomFilter:
    query: str | None = strawberry.field(default=UNSET, description="Words of name and description.")
    is_joined: bool | None = strawberry.field(default=UNSET, description="Only mine, or only others.")


@strawberry.input(description="Input of createRoom.")
class CreateRoomInput:
    name: str = strawberry.field(description="Name.")
    description: str | None = strawberry.field(default=UNSET, description="What it is about.")
    is_private: bool | None = strawberry.field(default=False, description="Whether only members see it.")
    client_key: UUID = strawberry.field(description=CLIENT_KEY)


@strawberry.input(description="Input of updateRoom.")
class UpdateRoomInput:
    room_id: strawberry.ID = strawberry.field(description=WHICH_ROOM)
    name: str | None = strawberry.field(default=UNSET, description="Name.")
    description: str | None = strawberry.field(default=UNSET, description="What it is about.")
    is_private: bool | None = strawberry.field(default=UNSET, description="Whether only members see it.")
    slow_mode_seconds: int | None = strawberry.field(default=UNSET, description="0 to 21600.")


@strawberry.input(description="Input of deleteRoom.")
class DeleteRoomInput:
    room_id: strawberry.ID = strawberry.field(description=WHICH_ROOM)


@strawberry.input(description="Input of joinRoom.")
class JoinRoomInput:
    room_id: strawberry.ID = strawberry.field(description=WHICH_ROOM)


@strawberry.input(description="Input of leaveRoom.")
class LeaveRoomInput:
    room_id: strawberry.ID = strawberry.field(description=WHICH_ROOM)
    new_owner_id: strawberry.ID | None = strawberry.field(default=UNSET, description="Who owns it then.")


@strawberry.input(description="Input of sendMessage.")
class SendMessageInput:
    room_id: strawberry.ID = strawberry.field(description=WHICH_ROOM)
    content: str = strawberry.field(description="1 to 5000 characters.")
    reply_to_id: strawberry.ID | None = strawberry.field(default=UNSET, description="What it answers.")
    client_key: UUID = strawberry.field(description=CLIENT_KEY)


@strawberry.input(description="Input of editMessage.")
class EditMessageInput:
    message_id: strawberry.ID = strawberry.field(description=WHICH_MESSAGE)
    content: str = strawberry.field(description="1 to 5000 characters.")


@strawberry.input(description="Input of deleteMessage.")
class DeleteMessageInput:
    message_id: strawberry.ID = strawberry.field(description=WHICH_MESSAGE)


@strawberry.input(description="Input of react.")
class ReactInput:
    message_id: strawberry.ID = strawberry.field(description=WHICH_MESSAGE)
    emoji: str = strawberry.field(description="One emoji.")


@strawberry.input(description="Input of unreact.")
class UnreactInput:
    message_id: strawberry.ID = strawberry.field(description=WHICH_MESSAGE)
    emoji: str = strawberry.field(description="One emoji.")


@strawberry.input(description="Input of markRead.")
class MarkReadInput:
    room_id: strawberry.ID = strawberry.field(description=WHICH_ROOM)
    message_id: strawberry.ID = strawberry.field(description=WHICH_MESSAGE)
