"""What can be asked of rooms."""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from kit.pages import PageArgs
from resolvers.context import Info
from resolvers.rooms import changes, messages, reads, watch
from schema.fields import connection, mutation
from schema.permissions import SignedIn
from schema.rooms import inputs, payloads
from schema.rooms.enums import RoomOrder
from schema.rooms.events import RoomEvent
from schema.rooms.types import Room
from schema.scalars import Cursor

Filter = Annotated[inputs.RoomFilter | None, strawberry.argument(description="Only these.")]
Order = Annotated[RoomOrder | None, strawberry.argument(description="In this order.")]
RoomId = Annotated[strawberry.ID, strawberry.argument(description="Which room.")]
After = Annotated[Cursor | None, strawberry.argument(description="Only what follows this cursor.")]


async def rooms(
    info: Info, page: PageArgs, filter: Filter = None, order_by: Order = RoomOrder.LATEST_MESSAGE
) -> Any:
    query = filter.query or None if filter else None
    is_joined = filter.is_joined if filter and isinstance(filter.is_joined, bool) else None
    return await reads.rooms(info, page, order_by or RoomOrder.LATEST_MESSAGE, query, is_joined=is_joined)


async def room_events(info: Info, room_id: RoomId, after: After = UNSET) -> Any:
    return await watch.room_events(info, room_id, after or None)


@strawberry.type
class RoomQueries:
    room = strawberry.field(
        resolver=reads.room_by_id,
        graphql_type=Room | None,
        description="A room.",
        permission_classes=[SignedIn],
    )
    rooms = connection(Room, rooms, "Rooms one may see.", door=[SignedIn])
    default_room = strawberry.field(
        resolver=reads.default_room,
        graphql_type=Room,
        description="Where everybody is.",
        permission_classes=[SignedIn],
    )


@strawberry.type
class RoomMutations:
    create_room = mutation(
        changes.create_room,
        payloads.CreateRoomPayload,
        "Makes a room; its maker owns it.",
        input=inputs.CreateRoomInput,
    )
    update_room = mutation(
        changes.update_room,
        payloads.UpdateRoomPayload,
        "Changes name, description or mode; owners and moderators.",
        input=inputs.UpdateRoomInput,
    )
    delete_room = mutation(
        changes.delete_room,
        payloads.DeleteRoomPayload,
        "Deletes a room with everything in it; owners.",
        input=inputs.DeleteRoomInput,
    )
    join_room = mutation(
        changes.join_room, payloads.JoinRoomPayload, "Into a public room.", input=inputs.JoinRoomInput
    )
    leave_room = mutation(
        changes.leave_room,
        payloads.LeaveRoomPayload,
        "Out of a room; the last owner names another.",
        input=inputs.LeaveRoomInput,
    )
    send_message = mutation(
        messages.send_message,
        payloads.SendMessagePayload,
        "Says something; rate-limited.",
        input=inputs.SendMessageInput,
    )
    edit_message = mutation(
        messages.edit_message,
        payloads.EditMessagePayload,
        "Changes one's own words.",
        input=inputs.EditMessageInput,
    )
    delete_message = mutation(
        messages.delete_message,
        payloads.DeleteMessagePayload,
        "Takes one's own words away; a tombstone stays.",
        input=inputs.DeleteMessageInput,
    )
    react = mutation(messages.react, payloads.ReactPayload, "Adds an emoji.", input=inputs.ReactInput)
    unreact = mutation(
        messages.unreact, payloads.UnreactPayload, "Takes one's emoji away.", input=inputs.UnreactInput
    )
    mark_read = mutation(
        messages.mark_read,
        payloads.MarkReadPayload,
        "Moves one's read marker forward.",
        input=inputs.MarkReadInput,
    )


@strawberry.type
class RoomSubscriptions:
    room_events = strawberry.subscription(
        resolver=room_events,
        graphql_type=RoomEvent,
        description="A room.",
        permission_classes=[SignedIn],
    )
