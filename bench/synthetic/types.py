"""The peers' schema as our domains would declare it, over rows as the driver made them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

import strawberry

from bench.synthetic.loaders import Loaders
from executor.declare import COMPUTED_KEY, METADATA_KEY, Computed, Relation


@dataclass
class Context:
    """Of one operation."""

    loaders: Loaders


Info = strawberry.Info[Context, None]


def key() -> Any:
    """The id of a row, as the peers write it."""

    def resolve(row: strawberry.Parent[Any]) -> str:
        return str(row.id)

    def resolve_all(rows: Sequence[Any]) -> list[str]:
        return [str(row.id) for row in rows]

    computed = Computed(resolve_all)
    return strawberry.field(resolver=resolve, graphql_type=strawberry.ID, metadata={COMPUTED_KEY: computed})


def relation(loader: str, column: str, type_: Any) -> Any:
    """One load, by a column of the parent."""
    key_of = attrgetter(column)

    async def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        return await getattr(info.context.loaders, loader).load(key_of(parent))

    return strawberry.field(
        resolver=resolve, graphql_type=type_, metadata={METADATA_KEY: Relation(loader, key_of)}
    )


def first(loader: str, type_: Any, usual: int) -> Any:
    """The first of a list of the parent."""

    async def resolve(parent: strawberry.Parent[Any], info: Info, first: int = usual) -> Any:
        return await getattr(info.context.loaders, loader).load((parent.id, first))

    return strawberry.field(resolver=resolve, graphql_type=type_)


@strawberry.type
class Track:
    """A track in a playlist."""

    position: int
    track_name: str
    artist_names: list[str]
    album_name: str | None
    duration_ms: int


@strawberry.type
class User:
    """A person."""

    id = key()
    display_name: str
    avatar_url: str | None
    playlists = first("playlists_by_owner", list["Playlist"], 20)


@strawberry.type
class Playlist:
    """A playlist."""

    id = key()
    name: str
    description: str | None
    image_url: str | None
    created_at: datetime
    owner = relation("user_by_id", "owner_id", User)
    track_count = relation("track_count_by_playlist", "id", int)
    tracks = first("tracks_by_playlist", list[Track], 20)


@strawberry.type
class Message:
    """Something said."""

    id = key()
    content: str
    created_at: datetime
    author = relation("user_by_id", "user_id", User)


async def messages(parent: strawberry.Parent[Any], info: Info, last: int = 50) -> Any:
    """From the newest."""
    return await info.context.loaders.messages_by_room.load((parent.id, last))


@strawberry.type
class Room:
    """A room."""

    id = key()
    name: str
    description: str | None
    messages = strawberry.field(resolver=messages, graphql_type=list[Message])


@strawberry.type
class Participant:
    """One person in a blend."""

    weight: float
    user = relation("user_by_id", "user_id", User)


@strawberry.type
class BlendTrack:
    """A track in a blend."""

    position: int
    track_name: str
    artist_name: str
    album_name: str | None
    duration_ms: int
    similarity_score: float | None
    contributor = relation("user_by_id", "source_user_id", User)


@strawberry.type
class Blend:
    """A blend."""

    id = key()
    name: str
    algorithm_type: str
    created_at: datetime
    participants = relation("participants_by_blend", "id", list[Participant])
    tracks = relation("tracks_by_blend", "id", list[BlendTrack])


@strawberry.type
class GeneratedTrack:
    """A track made on request."""

    id = key()
    title: str
    status: str
    duration_s: int
    url: str
    created_at: datetime
    creator = relation("user_by_id", "user_id", User)


@strawberry.type
class ShelfTrack:
    """A track."""

    id = key()
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
    track = relation("shelf_track_by_id", "track_id", ShelfTrack)


@strawberry.type
class ShelfPlaylist:
    """A playlist on a shelf."""

    id = key()
    name: str
    description: str | None
    image_url: str | None
    created_at: datetime
    owner = relation("user_by_id", "owner_id", User)
    items = first("items_by_shelf_playlist", list[ShelfItem], 20)
