"""What rooms add to the person asking."""

from typing import Annotated, Any

import strawberry

from kit.pages import PageArgs
from resolvers.context import Info
from resolvers.rooms import reads
from schema.fields import connection
from schema.nodes import Node
from schema.rooms.enums import RoomOrder
from schema.rooms.types import Room

Parent = strawberry.Parent[Any]
Order = Annotated[RoomOrder | None, strawberry.argument(description="In this order.")]


async def rooms(_viewer: Parent, info: Info, page: PageArgs, order_by: Order = None) -> Any:
    return await reads.rooms(info, page, order_by or RoomOrder.LATEST_MESSAGE, None, is_joined=True)


@strawberry.type
class ViewerRooms(Node):
    rooms = connection(Room, rooms, "Rooms one is in, latest message first by default.")
    unread_room_count: int = strawberry.field(
        resolver=reads.unread_room_count, description="Rooms with something unread."
    )
