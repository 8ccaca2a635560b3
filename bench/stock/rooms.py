"""Rooms and what is said in them: the room page, a send, and hearing of it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from datetime import datetime
from uuid import UUID

import strawberry
from sqlmodel import Field, SQLModel, col, select

from bench.stock.database import created, rows, session_maker
from bench.stock.library import User


class RoomRow(SQLModel, table=True):
    """A room."""

    __tablename__ = "rooms"
    id: UUID = Field(primary_key=True)
    name: str
    description: str | None


class MessageRow(SQLModel, table=True):
    """Something said."""

    __tablename__ = "messages"
    id: int | None = Field(default=None, primary_key=True)
    room_id: UUID
    user_id: UUID
    content: str
    created_at: datetime = created()


@strawberry.type
class Message:
    """Something said."""

    id: strawberry.ID
    content: str
    created_at: datetime
    author_key: strawberry.Private[UUID]
    known_author: strawberry.Private[User | None] = None

    @strawberry.field
    async def author(self, info: strawberry.Info) -> User:
        found: User = self.known_author or await info.context["user"].load(self.author_key)
        return found


def message_of(row: MessageRow, author: User | None = None) -> Message:
    """A message as clients see it."""
    return Message(
        id=strawberry.ID(str(row.id)),
        content=row.content,
        created_at=row.created_at,
        author_key=row.user_id,
        known_author=author,
    )


@strawberry.type
class Room:
    """A room."""

    id: strawberry.ID
    name: str
    description: str | None
    key: strawberry.Private[UUID]

    @strawberry.field
    async def messages(self, last: int = 50) -> list[Message]:
        found = await rows(
            select(MessageRow)
            .where(MessageRow.room_id == self.key)
            .order_by(col(MessageRow.id).desc())
            .limit(last)
        )
        return [message_of(row) for row in found]


listeners: dict[str, set[asyncio.Queue[Message]]] = defaultdict(set)


@strawberry.type
class Query:
    """One room."""

    @strawberry.field
    async def room(self, id: strawberry.ID) -> Room | None:
        found = await rows(select(RoomRow).where(RoomRow.id == UUID(id)))
        if not found:
            return None
        (row,) = found
        return Room(id=strawberry.ID(str(row.id)), name=row.name, description=row.description, key=row.id)


@strawberry.type
class Mutation:
    """Saying something."""

    @strawberry.mutation
    async def send_message(
        self, info: strawberry.Info, room_id: strawberry.ID, user_id: strawberry.ID, content: str
    ) -> Message:
        row = MessageRow(room_id=UUID(room_id), user_id=UUID(user_id), content=content)
        async with session_maker() as session:
            session.add(row)
            await session.commit()
            await session.refresh(row)
        message = message_of(row, await info.context["user"].load(row.user_id))
        for queue in listeners[room_id]:
            queue.put_nowait(message)
        return message


@strawberry.type
class Subscription:
    """Hearing what is said."""

    @strawberry.subscription
    async def message_added(self, room_id: strawberry.ID) -> AsyncGenerator[Message]:
        queue: asyncio.Queue[Message] = asyncio.Queue()
        listeners[room_id].add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            listeners[room_id].discard(queue)
