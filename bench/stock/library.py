"""People, their playlists, and what is in those: one object, and the library page."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import strawberry
from aiodataloader import DataLoader
from sqlalchemy import ARRAY, Column, String, func
from sqlmodel import Field, SQLModel, col, select

from bench.stock.database import created, rows


class UserRow(SQLModel, table=True):
    """A person."""

    __tablename__ = "users"
    id: UUID = Field(primary_key=True)
    email: str
    username: str
    display_name: str
    avatar_url: str | None
    plan: str
    created_at: datetime = created()


class PlaylistRow(SQLModel, table=True):
    """A playlist."""

    __tablename__ = "playlists"
    id: UUID = Field(primary_key=True)
    owner_id: UUID
    name: str
    description: str | None
    image_url: str | None
    created_at: datetime = created()


class PlaylistTrackRow(SQLModel, table=True):
    """A track in a playlist."""

    __tablename__ = "playlist_tracks"
    id: int = Field(primary_key=True)
    playlist_id: UUID
    position: int
    track_name: str
    artist_names: list[str] = Field(sa_column=Column(ARRAY(String)))
    album_name: str | None
    duration_ms: int


@strawberry.type
class Track:
    """A track in a playlist."""

    position: int
    track_name: str
    artist_names: list[str]
    album_name: str | None
    duration_ms: int


@strawberry.type
class Playlist:
    """A playlist."""

    id: strawberry.ID
    name: str
    description: str | None
    image_url: str | None
    created_at: datetime
    key: strawberry.Private[UUID]
    owner_key: strawberry.Private[UUID]

    @strawberry.field
    async def owner(self, info: strawberry.Info) -> "User":
        found: User = await info.context["user"].load(self.owner_key)
        return found

    @strawberry.field
    async def track_count(self, info: strawberry.Info) -> int:
        found: int = await info.context["track_count"].load(self.key)
        return found

    @strawberry.field
    async def tracks(self, info: strawberry.Info, first: int = 20) -> list[Track]:
        found: list[Track] = await info.context["tracks"].load((self.key, first))
        return found


@strawberry.type
class User:
    """A person."""

    id: strawberry.ID
    display_name: str
    avatar_url: str | None
    key: strawberry.Private[UUID]

    @strawberry.field
    async def playlists(self, first: int = 20) -> list[Playlist]:
        found = await rows(
            select(PlaylistRow)
            .where(PlaylistRow.owner_id == self.key)
            .order_by(col(PlaylistRow.id))
            .limit(first)
        )
        return [
            Playlist(
                id=strawberry.ID(str(row.id)),
                name=row.name,
                description=row.description,
                image_url=row.image_url,
                created_at=row.created_at,
                key=row.id,
                owner_key=row.owner_id,
            )
            for row in found
        ]


def user_of(row: UserRow) -> User:
    """A person as clients see them."""
    return User(
        id=strawberry.ID(str(row.id)), display_name=row.display_name, avatar_url=row.avatar_url, key=row.id
    )


class UserLoader(DataLoader[UUID, User | None]):
    """By id."""

    async def batch_load_fn(self, keys: list[UUID]) -> list[User | None]:
        found = {row.id: user_of(row) for row in await rows(select(UserRow).where(col(UserRow.id).in_(keys)))}
        return [found.get(key) for key in keys]


class TrackCountLoader(DataLoader[UUID, int]):
    """By playlist."""

    async def batch_load_fn(self, keys: list[UUID]) -> list[int]:
        found = await rows(
            select(PlaylistTrackRow.playlist_id, func.count())
            .where(col(PlaylistTrackRow.playlist_id).in_(keys))
            .group_by(col(PlaylistTrackRow.playlist_id))
        )
        counts = dict(found)
        return [counts.get(key, 0) for key in keys]


class TracksLoader(DataLoader[tuple[UUID, int], list[Track]]):
    """By playlist, and how many."""

    async def batch_load_fn(self, keys: list[tuple[UUID, int]]) -> list[list[Track]]:
        statement = (
            select(PlaylistTrackRow)
            .where(
                col(PlaylistTrackRow.playlist_id).in_([key for key, _ in keys]),
                PlaylistTrackRow.position < keys[0][1],
            )
            .order_by(col(PlaylistTrackRow.playlist_id), col(PlaylistTrackRow.position))
        )
        found: defaultdict[UUID, list[Track]] = defaultdict(list)
        for row in await rows(statement):
            found[row.playlist_id].append(
                Track(
                    position=row.position,
                    track_name=row.track_name,
                    artist_names=row.artist_names,
                    album_name=row.album_name,
                    duration_ms=row.duration_ms,
                )
            )
        return [found[key] for key, _ in keys]


LOADERS = {"user": UserLoader, "track_count": TrackCountLoader, "tracks": TracksLoader}


@strawberry.type
class Query:
    """One person."""

    @strawberry.field
    async def user(self, id: strawberry.ID) -> User | None:
        found = await rows(select(UserRow).where(UserRow.id == UUID(id)))
        return user_of(found[0]) if found else None
