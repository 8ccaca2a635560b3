"""What happens in a room."""

from typing import Annotated

import strawberry

from resolvers.rooms import watch
from schema.fields import row_type
from schema.identity.types import User
from schema.pages import Edge
from schema.rooms.enums import MemberChange, MessageChange
from schema.rooms.types import Message, Room, RoomMember
from schema.streams import StreamEnded, StreamEvent, StreamGap, StreamReady


@row_type(watch.MessageAddedItem, "Somebody said something.")
class MessageAdded(StreamEvent):
    message_edge: Edge[Message] = strawberry.field(description="Append it to Room.messages.")


@row_type(
    watch.MessageChangedItem,
    "A message is not what it was. A normalised cache needs nothing but the message.",
)
class MessageChanged(StreamEvent):
    message_change: MessageChange = strawberry.field(description="What.")
    message: Message = strawberry.field(description="As it is now.")


@row_type(watch.RoomChangedItem, "Name, description, picture or mode.")
class RoomChanged(StreamEvent):
    room: Room = strawberry.field(description="As it is now.")


@row_type(watch.MemberChangedItem, "Somebody came, went or changed.")
class MemberChanged(StreamEvent):
    member_change: MemberChange = strawberry.field(description="What.")
    user: User = strawberry.field(description="Who, as they are now.")
    member: RoomMember | None = strawberry.field(description="Null when they left.")
    member_count: int = strawberry.field(description="Now.")


RoomEvent = Annotated[
    StreamReady | StreamGap | StreamEnded | MessageAdded | MessageChanged | RoomChanged | MemberChanged,
    strawberry.union("RoomEvent", description="What happens in a room."),
]
