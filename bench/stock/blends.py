"""Several people's taste in one list: the blend page."""

from datetime import datetime
from uuid import UUID

import strawberry
from sqlmodel import Field, SQLModel, col, select

from bench.stock.database import created, rows
from bench.stock.library import User


class BlendRow(SQLModel, table=True):
    """A blend."""

    __tablename__ = "blends"
    id: UUID = Field(primary_key=True)
    name: str
    algorithm_type: str
    created_at: datetime = created()


class ParticipantRow(SQLModel, table=True):
    """One person in a blend."""

    __tablename__ = "blend_participants"
    blend_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True)
    weight: float


class BlendTrackRow(SQLModel, table=True):
    """A track in a blend."""

    __tablename__ = "blend_tracks"
    id: int = Field(primary_key=True)
    blend_id: UUID
    position: int
    track_name: str
    artist_name: str
    album_name: str | None
    duration_ms: int
    similarity_score: float | None
    source_user_id: UUID


@strawberry.type
class Participant:
    """One person in a blend."""

    weight: float
    user_key: strawberry.Private[UUID]

    @strawberry.field
    async def user(self, info: strawberry.Info) -> User:
        found: User = await info.context["user"].load(self.user_key)
        return found


@strawberry.type
class BlendTrack:
    """A track in a blend."""

    position: int
    track_name: str
    artist_name: str
    album_name: str | None
    duration_ms: int
    similarity_score: float | None
    contributor_key: strawberry.Private[UUID]

    @strawberry.field
    async def contributor(self, info: strawberry.Info) -> User:
        found: User = await info.context["user"].load(self.contributor_key)
        return found


@strawberry.type
class Blend:
    """A blend."""

    id: strawberry.ID
    name: str
    algorithm_type: str
    created_at: datetime
    key: strawberry.Private[UUID]

    @strawberry.field
    async def participants(self) -> list[Participant]:
        found = await rows(
            select(ParticipantRow)
            .where(ParticipantRow.blend_id == self.key)
            .order_by(col(ParticipantRow.user_id))
        )
        return [Participant(weight=row.weight, user_key=row.user_id) for row in found]

    @strawberry.field
    async def tracks(self) -> list[BlendTrack]:
        found = await rows(
            select(BlendTrackRow)
            .where(BlendTrackRow.blend_id == self.key)
            .order_by(col(BlendTrackRow.position))
        )
        return [
            BlendTrack(
                position=row.position,
                track_name=row.track_name,
                artist_name=row.artist_name,
                album_name=row.album_name,
                duration_ms=row.duration_ms,
                similarity_score=row.similarity_score,
                contributor_key=row.source_user_id,
            )
            for row in found
        ]


@strawberry.type
class Query:
    """One blend."""

    @strawberry.field
    async def blend(self, id: strawberry.ID) -> Blend | None:
        found = await rows(select(BlendRow).where(BlendRow.id == UUID(id)))
        if not found:
            return None
        (row,) = found
        return Blend(
            id=strawberry.ID(str(row.id)),
            name=row.name,
            algorithm_type=row.algorithm_type,
            created_at=row.created_at,
            key=row.id,
        )
