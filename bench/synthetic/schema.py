"""What may be asked of the synthetic pages."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry.schema.config import StrawberryConfig

from bench.synthetic.loaders import FEED, SEND, SHELF
from bench.synthetic.types import Blend, GeneratedTrack, Info, Message, Room, ShelfPlaylist, User
from schema.scalars import SCALARS


async def user(info: Info, id: strawberry.ID) -> Any:
    """One person."""
    return await info.context.loaders.user_by_id.load(UUID(id))


async def room(info: Info, id: strawberry.ID) -> Any:
    """One room."""
    return await info.context.loaders.room_by_id.load(UUID(id))


async def blend(info: Info, id: strawberry.ID) -> Any:
    """One blend."""
    return await info.context.loaders.blend_by_id.load(UUID(id))


async def generated_tracks(info: Info, first: int = 50) -> Any:
    """The newest."""
    return await info.context.loaders.lease.fetch(FEED, first=first)


async def shelf(info: Info, number: int, first: int = 50) -> Any:
    """One shelf."""
    return await info.context.loaders.lease.fetch(SHELF, number=number, first=first)


async def send_message(info: Info, room_id: strawberry.ID, user_id: strawberry.ID, content: str) -> Any:
    """As a peer does it: no rule is checked."""
    lease = info.context.loaders.lease
    return await lease.fetchrow(SEND, room=UUID(room_id), user=UUID(user_id), content=content)


@strawberry.type
class Query:
    """Reading."""

    user = strawberry.field(resolver=user, graphql_type=User | None)
    room = strawberry.field(resolver=room, graphql_type=Room | None)
    blend = strawberry.field(resolver=blend, graphql_type=Blend | None)
    generated_tracks = strawberry.field(resolver=generated_tracks, graphql_type=list[GeneratedTrack])
    shelf = strawberry.field(resolver=shelf, graphql_type=list[ShelfPlaylist])


@strawberry.type
class Mutation:
    """Writing."""

    send_message = strawberry.mutation(resolver=send_message, graphql_type=Message)


schema = strawberry.Schema(Query, Mutation, config=StrawberryConfig(scalar_map=SCALARS))
