"""Fifty playlists, each with its owner and twenty items, each with its track: the page of 9,450 fields."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import strawberry
from aiodataloader import DataLoader
from sqlalchemy import ARRAY, Column, String
from sqlmodel import Field, SQLModel, col, select

from bench.stock.database import created, rows
from bench.stock.library import User


class ShelfPlaylistRow(SQLModel, table=True):
    """A playlist on a shelf."""

    __tablename__ = "playlists"
    __table_args__ = {"schema": "shelf"}
    id: UUID = Field(primary_key=True)
    shelf: int
    owner_id: UUID
    name: str
    description: str | None
    image_url: str | None
    created_at: datetime = created()


class ShelfItemRow(SQLModel, table=True):
    """A place in a playlist."""

    __tablename__ = "items"
    __table_args__ = {"schema": "shelf"}
    id: int = Field(primary_key=True)
    playlist_id: UUID
    position: int
    track_id: UUID
    added_at: datetime = created()


class ShelfTrackRow(SQLModel, table=True):
    """A track."""

    __tablename__ = "tracks"
    __table_args__ = {"schema": "shelf"}
    id: UUID = Field(primary_key=True)
    name: str
    artist_names: list[str] = Field(sa_column=Column(ARRAY(String)))
    album_name: str | None
    duration_ms: int
    image_url: str | None


@strawberry.type
class ShelfTrack:
    """A track."""

    id: strawberry.ID
    name: str
    artist_names: list[str]
    album_name: str | None
    duration_ms: int
    image_url: str | None


@strawberry.type
class ShelfItem:
    """A place in a playlist."""

    position: int
    added_at: datetime
    track_key: strawberry.Private[UUID]

    @strawberry.field
    async def track(self, info: strawberry.Info) -> ShelfTrack:
        found: ShelfTrack = await info.context["shelf_track"].load(self.track_key)
        return found


@strawberry.type
class ShelfPlaylist:
    """A playlist on a shelf."""

    id: strawberry.ID
    name: str
    description: str | None
    image_url: str | None
    created_at: datetime
    key: strawberry.Private[UUID]
    owner_key: strawberry.Private[UUID]

    @strawberry.field
    async def owner(self, info: strawberry.Info) -> User:
        found: User = await info.context["user"].load(self.owner_key)
        return found

    @strawberry.field
    async def items(self, info: strawberry.Info, first: int = 20) -> list[ShelfItem]:
        found: list[ShelfItem] = await info.context["shelf_items"].load((self.key, first))
        return found


class ShelfItemsLoader(DataLoader[tuple[UUID, int], list[ShelfItem]]):
    """By playlist, and how many."""

    async def batch_load_fn(self, keys: list[tuple[UUID, int]]) -> list[list[ShelfItem]]:
        statement = (
            select(ShelfItemRow)
            .where(
                col(ShelfItemRow.playlist_id).in_([key for key, _ in keys]),
                ShelfItemRow.position < keys[0][1],
            )
            .order_by(col(ShelfItemRow.playlist_id), col(ShelfItemRow.position))
        )
        found: defaultdict[UUID, list[ShelfItem]] = defaultdict(list)
        for row in await rows(statement):
            item = ShelfItem(position=row.position, added_at=row.added_at, track_key=row.track_id)
            found[row.playlist_id].append(item)
        return [found[key] for key, _ in keys]


class ShelfTrackLoader(DataLoader[UUID, ShelfTrack | None]):
    """By id."""

    async def batch_load_fn(self, keys: list[UUID]) -> list[ShelfTrack | None]:
        found = {
            row.id: ShelfTrack(
                id=strawberry.ID(str(row.id)),
                name=row.name,
                artist_names=row.artist_names,
                album_name=row.album_name,
                duration_ms=row.duration_ms,
                image_url=row.image_url,
            )
            for row in await rows(select(ShelfTrackRow).where(col(ShelfTrackRow.id).in_(keys)))
        }
        return [found.get(key) for key in keys]


LOADERS = {"shelf_items": ShelfItemsLoader, "shelf_track": ShelfTrackLoader}


@strawberry.type
class Query:
    """One shelf."""

    @strawberry.field
    async def shelf(self, number: int, first: int = 50) -> list[ShelfPlaylist]:
        found = await rows(
            select(ShelfPlaylistRow)
            .where(ShelfPlaylistRow.shelf == number)
            .order_by(col(ShelfPlaylistRow.id))
            .limit(first)
        )
        return [
            ShelfPlaylist(
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
