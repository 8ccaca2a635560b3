"""CPU of one operation on graphql-core and on plans: a room page, and 50 playlists of 20 tracks."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import strawberry
from aiodataloader import DataLoader

from executor.cache import PlanCache
from executor.declare import METADATA_KEY, Relation
from executor.extension import Planned
from gateway.context import Caller
from gateway.embedded import EmbeddedPostgres
from gateway.limits import limiters
from gateway.migrations import migrate, role_dsn
from gateway.operations import Operation
from gateway.services import Plug, open_services
from kit.bus import LocalBus
from kit.ids import global_id
from kit.settings import Settings
from models.access import GATEWAY
from resolvers.context import Request, Viewer
from schema.root import build_schema

ROUNDS, CALLS = 10, 20
ROOM_PAGE = """
query RoomPage($id: ID!) { room(id: $id) { id name description memberCount viewerCanPost
  messages(last: 50) { edges { cursor node { id cursor clientKey content createdAt editedAt deletedAt
    deletedByModerator author { id username displayName } replyTo { id content } replyCount
    reactions { id emoji count } viewerCanEdit viewerCanDelete } }
    pageInfo { hasPreviousPage startCursor hasNextPage endCursor } } } }"""
LIBRARY = """
{ playlists { id name description trackCount owner { id name }
  tracks { position name artist album durationMs } } }"""
Ask = Callable[[], Awaitable[Any]]


class Rows(DataLoader[int, Any]):
    """Makes what it is asked for; the database is not what is measured here."""

    def __init__(self, make: Callable[[int], Any]) -> None:
        super().__init__()
        self._make = make

    async def batch_load_fn(self, keys: list[int]) -> list[Any]:
        return [self._make(key) for key in keys]


class Loaders:
    """Fresh for each operation."""

    def __init__(self) -> None:
        self.owners = Rows(lambda key: OWNERS[key])
        self.tracks = Rows(lambda key: TRACKS[key])


class Context:
    """What the synthetic page reads from."""

    def __init__(self) -> None:
        self.loaders = Loaders()


def related(loader: str, name: str, type_: Any) -> Any:
    """As schema.fields declares a relation."""

    async def resolve(parent: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        return await getattr(info.context.loaders, loader).load(getattr(parent, name))

    declared = Relation(loader, lambda row: getattr(row, name))
    return strawberry.field(resolver=resolve, graphql_type=type_, metadata={METADATA_KEY: declared})


@strawberry.type
class Owner:
    """Of some playlists."""

    id: strawberry.ID
    name: str


@strawberry.type
class Track:
    """Of one playlist."""

    position: int
    name: str
    artist: str
    album: str | None
    duration_ms: int


@strawberry.type
class Playlist:
    """One of fifty."""

    id: strawberry.ID
    name: str
    description: str | None
    track_count: int
    number: strawberry.Private[int]
    owner_number: strawberry.Private[int]
    owner = related("owners", "owner_number", Owner)
    tracks = related("tracks", "number", list[Track])


@strawberry.type
class Query:
    """The page."""

    @strawberry.field
    async def playlists(self) -> list[Playlist]:
        return PLAYLISTS


OWNERS = [Owner(id=strawberry.ID(f"owner-{n}"), name=f"Owner {n}") for n in range(10)]
TRACKS = [
    [
        Track(position=n, name=f"Track {n}", artist="Somebody", album=None, duration_ms=n * 1000)
        for n in range(20)
    ]
    for _ in range(50)
]
PLAYLISTS = [
    Playlist(
        id=strawberry.ID(f"playlist-{n}"),
        name=f"Playlist {n}",
        description=None,
        track_count=20,
        number=n,
        owner_number=n % 10,
    )
    for n in range(50)
]


def planned() -> Callable[[], Planned]:
    """A factory of the extension, on a cache of its own."""
    cache = PlanCache(512)
    return lambda: Planned(cache, lambda reason: print("falls back:", reason))


def library() -> tuple[Ask, Ask]:
    """The synthetic page: on graphql-core, and planned."""

    def ask(schema: strawberry.Schema) -> Ask:
        return lambda: schema.execute(LIBRARY, context_value=Context())

    return ask(strawberry.Schema(Query)), ask(strawberry.Schema(Query, extensions=[planned()]))


@asynccontextmanager
async def room_page(dsn: str) -> AsyncIterator[tuple[Ask, Ask]]:
    """The room page on the schema of the gateway: on graphql-core, and planned."""
    settings = Settings(_env_file=None, secret_key="only for a bench, and long enough for it")  # type: ignore[call-arg]  # noqa: S106
    admin = await asyncpg.connect(dsn)
    viewer, room = await furnished(admin)
    async with open_services(settings, Plug(role_dsn(dsn, GATEWAY, None), LocalBus())) as services:

        def ask(*more: Any) -> Ask:
            schema = build_schema(settings, [Operation, *limiters(settings), *more])
            return lambda: schema.execute(
                ROOM_PAGE, {"id": room}, {"caller": Caller(services, Request(address="127.0.0.1"), viewer)}
            )

        yield ask(), ask(planned())
    await admin.close()


async def furnished(admin: asyncpg.Connection) -> tuple[Viewer, str]:
    """Twenty people, one room, sixty messages, a reaction to each."""
    people = await admin.fetch(
        "insert into users (id, username, username_key, display_name)"
        " select gen_random_uuid(), 'person-' || n, 'person-' || n, 'Person ' || n"
        " from generate_series(1, 20) n returning id"
    )
    ids = [row["id"] for row in people]
    await admin.execute("insert into accounts (user_id) select unnest($1::uuid[])", ids)
    room = await admin.fetchval(
        "insert into chat_rooms (name, created_by) values ('A room', $1) returning id", ids[0]
    )
    await admin.execute(
        "insert into chat_messages (room_id, user_id, content, client_key, input_hash)"
        " select $1, ($2::uuid[])[n % 20 + 1], 'Number ' || n, gen_random_uuid(), ''"
        " from generate_series(1, 60) n",
        room,
        ids,
    )
    await admin.execute(
        "insert into message_reactions (message_id, user_id, emoji, room_id)"
        " select id, user_id, '🎵', room_id from chat_messages"
    )
    return Viewer(ids[0]), global_id("Room", room)


async def cpu_ms(ask: Ask) -> float:
    """Of this process, for one operation."""
    begin = time.process_time()
    for _ in range(CALLS):
        await ask()
    return (time.process_time() - begin) / CALLS * 1000


async def compared(name: str, core: Ask, plan: Ask) -> None:
    """The best of interleaved rounds of each; the answers are compared first."""
    first, second = await core(), await plan()
    same = first.data == second.data and not first.errors and not second.errors
    rounds = [(await cpu_ms(core), await cpu_ms(plan)) for _ in range(ROUNDS)]
    slow, fast = (min(times) for times in zip(*rounds, strict=True))
    told = f"{name:12} graphql-core {slow:7.2f} ms   planned {fast:7.2f} ms   {slow / fast:5.1f}x"
    print(told if same else f"{name:12} the answers differ: {first.errors} {second.errors}")


async def main(dsn: str) -> None:
    """Both pages."""
    await migrate(dsn, None)
    async with room_page(dsn) as (core, plan):
        await compared("room page", core, plan)
    await compared("50x20 page", *library())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "data", elsewhere=Path(folder) / "elsewhere")
        try:
            asyncio.run(main(server.start()))
        finally:
            server.stop()
            print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
