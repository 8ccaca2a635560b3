"""Batched reads of the peers' tables: one statement a level, as the loaders of our domains are."""

from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BindParameter, Integer, String, Uuid, text

from kit.db import Lease
from kit.statements import Record, Statement, param
from resolvers.loaders.base import Batched, NumberByKey, RowByKey, RowsByKey

KEYS = param("keys", ARRAY(Uuid()))
FIRST = param("first", Integer())


def declared(sql: str, *parameters: BindParameter[Any]) -> Statement[Record]:
    """SQL as it is, with typed parameters."""
    return Statement(text(sql).bindparams(*parameters), Record)


class FirstByKey(Batched[tuple[UUID, int], list[Record]]):
    """The first of a list of each key. Rows have `key`; `statement` takes `keys` and `first`."""

    statement: ClassVar[Statement[Any]]

    async def batch_load_fn(self, keys: list[tuple[UUID, int]]) -> list[list[Record]]:
        found: dict[tuple[UUID, int], list[Record]] = {key: [] for key in keys}
        for first in {first for _, first in keys}:
            alike = [key for key, number in keys if number == first]
            for row in await self.lease.fetch(self.statement, keys=alike, first=first):
                found[row.key, first].append(row)
        return [found[key] for key in keys]


def first_of_each(columns: str, rest: str) -> Statement[Record]:
    """Each key's list ends by itself. `rest` says from where, of which `key`, in which order."""
    inner = f"select {columns} from {rest} limit :first"  # noqa: S608 - written here
    return declared(
        f"select k.key, each.* from unnest(:keys) k(key) cross join lateral ({inner}) each",  # noqa: S608 - as above
        KEYS,
        FIRST,
    )


class UserById(RowByKey[UUID, Record]):
    """People."""

    statement = declared("select id, display_name, avatar_url from users where id = any(:keys)", KEYS)


class RoomById(RowByKey[UUID, Record]):
    """Rooms."""

    statement = declared("select id, name, description from rooms where id = any(:keys)", KEYS)


class MessagesByRoom(FirstByKey):
    """From the newest."""

    statement = first_of_each(
        "id, user_id, content, created_at", "messages where room_id = k.key order by id desc"
    )


class PlaylistsByOwner(FirstByKey):
    """In the order of their ids."""

    statement = first_of_each(
        "id, owner_id, name, description, image_url, created_at",
        "playlists where owner_id = k.key order by id",
    )


class TrackCountByPlaylist(NumberByKey[UUID]):
    """How long playlists are."""

    statement = declared(
        "select playlist_id as key, count(*) as number from playlist_tracks"
        " where playlist_id = any(:keys) group by playlist_id",
        KEYS,
    )


class TracksByPlaylist(FirstByKey):
    """In their order."""

    statement = first_of_each(
        "position, track_name, artist_names, album_name, duration_ms",
        "playlist_tracks where playlist_id = k.key order by position",
    )


class BlendById(RowByKey[UUID, Record]):
    """Blends."""

    statement = declared(
        "select id, name, algorithm_type, created_at from blends where id = any(:keys)", KEYS
    )


class ParticipantsByBlend(RowsByKey[UUID, Record]):
    """In the order of their ids."""

    column = "blend_id"
    statement = declared(
        "select blend_id, user_id, weight from blend_participants where blend_id = any(:keys)"
        " order by user_id",
        KEYS,
    )


class TracksByBlend(RowsByKey[UUID, Record]):
    """In their order."""

    column = "blend_id"
    statement = declared(
        "select blend_id, position, track_name, artist_name, album_name, duration_ms, similarity_score,"
        " source_user_id from blend_tracks where blend_id = any(:keys) order by position",
        KEYS,
    )


class ItemsByShelfPlaylist(FirstByKey):
    """In their order."""

    statement = first_of_each(
        "position, track_id, added_at", "shelf.items where playlist_id = k.key order by position"
    )


class ShelfTrackById(RowByKey[UUID, Record]):
    """Tracks."""

    statement = declared(
        "select id, name, artist_names, album_name, duration_ms, image_url from shelf.tracks"
        " where id = any(:keys)",
        KEYS,
    )


FEED = declared(
    "select id, user_id, title, status, duration_s, url, created_at from generated_tracks"
    " order by created_at desc, id limit :first",
    FIRST,
)
SHELF = declared(
    "select id, owner_id, name, description, image_url, created_at from shelf.playlists"
    " where shelf = :number order by id limit :first",
    param("number", Integer()),
    FIRST,
)
SEND = declared(
    "insert into messages (room_id, user_id, content) values (:room, :user, :content)"
    " returning id, user_id, content, created_at",
    param("room", Uuid()),
    param("user", Uuid()),
    param("content", String()),
)


class Loaders:
    """Fresh for each operation."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease

    @cached_property
    def user_by_id(self) -> UserById:
        return UserById(self.lease)

    @cached_property
    def room_by_id(self) -> RoomById:
        return RoomById(self.lease)

    @cached_property
    def messages_by_room(self) -> MessagesByRoom:
        return MessagesByRoom(self.lease)

    @cached_property
    def playlists_by_owner(self) -> PlaylistsByOwner:
        return PlaylistsByOwner(self.lease)

    @cached_property
    def track_count_by_playlist(self) -> TrackCountByPlaylist:
        return TrackCountByPlaylist(self.lease)

    @cached_property
    def tracks_by_playlist(self) -> TracksByPlaylist:
        return TracksByPlaylist(self.lease)

    @cached_property
    def blend_by_id(self) -> BlendById:
        return BlendById(self.lease)

    @cached_property
    def participants_by_blend(self) -> ParticipantsByBlend:
        return ParticipantsByBlend(self.lease)

    @cached_property
    def tracks_by_blend(self) -> TracksByBlend:
        return TracksByBlend(self.lease)

    @cached_property
    def items_by_shelf_playlist(self) -> ItemsByShelfPlaylist:
        return ItemsByShelfPlaylist(self.lease)

    @cached_property
    def shelf_track_by_id(self) -> ShelfTrackById:
        return ShelfTrackById(self.lease)
