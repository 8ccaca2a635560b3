"""Music made on request: the feed."""

from datetime import datetime
from uuid import UUID

import strawberry
from sqlmodel import Field, SQLModel, col, select

from bench.stock.database import created, rows
from bench.stock.library import User


class GeneratedTrackRow(SQLModel, table=True):
    """A track made on request."""

    __tablename__ = "generated_tracks"
    id: UUID = Field(primary_key=True)
    user_id: UUID
    title: str
    status: str
    duration_s: int
    url: str
    created_at: datetime = created()


@strawberry.type
class GeneratedTrack:
    """A track made on request."""

    id: strawberry.ID
    title: str
    status: str
    duration_s: int
    url: str
    created_at: datetime
    creator_key: strawberry.Private[UUID]

    @strawberry.field
    async def creator(self, info: strawberry.Info) -> User:
        found: User = await info.context["user"].load(self.creator_key)
        return found


@strawberry.type
class Query:
    """The newest."""

    @strawberry.field
    async def generated_tracks(self, first: int = 50) -> list[GeneratedTrack]:
        found = await rows(
            select(GeneratedTrackRow)
            .order_by(col(GeneratedTrackRow.created_at).desc(), col(GeneratedTrackRow.id))
            .limit(first)
        )
        return [
            GeneratedTrack(
                id=strawberry.ID(str(row.id)),
                title=row.title,
                status=row.status,
                duration_s=row.duration_s,
                url=row.url,
                created_at=row.created_at,
                creator_key=row.user_id,
            )
            for row in found
        ]
