"""`make bench`: the room page and a send in one process, against a hand-written statement in the same run."""

import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from gateway.context import Caller
from gateway.embedded import EmbeddedPostgres
from gateway.limits import limiters
from gateway.migrations import migrate, role_dsn
from gateway.operations import Operation
from gateway.services import Plug, open_services
from kit.bus import LocalBus
from kit.ids import global_id
from kit.settings import Rate, Settings
from models.access import GATEWAY
from resolvers.context import Request, Services, Viewer
from schema.root import build_schema

ROUNDS, CALLS = 7, 60
PAGE = """query($id: ID!) { room(id: $id) { id name memberCount viewerUnreadCount messages(last: 50) {
  edges { cursor node { id content createdAt author { id username displayName } replyCount
    reactions { emoji count } } }
  pageInfo { hasPreviousPage startCursor } } } }"""
SEND = """mutation($input: SendMessageInput!) { sendMessage(input: $input) {
  edge { cursor node { id content } } userErrors { code } } }"""
FLOOR = """select json_agg(m) from (
  select m.id, m.content, m.created_at, u.id as author, u.username, u.display_name
  from chat_messages m join users u on u.id = m.user_id where m.room_id = $1 order by m.id desc limit 50) m"""
DATA = """
  with people as (
    insert into users (id, username, username_key)
    select gen_random_uuid(), 'person-' || n, 'person-' || n from generate_series(1, 50) n returning id
  ), their as (insert into accounts (user_id) select id from people)
  insert into chat_messages (room_id, user_id, content, client_key, input_hash)
  select r.id, p.id, 'Message number ' || n, gen_random_uuid(), ''
  from chat_rooms r, people p, generate_series(1, 40) n where r.is_default_room"""

Work = Callable[[], Awaitable[object]]


async def cost(work: Work) -> float:
    """Milliseconds of this process' CPU for one call."""
    began = time.process_time()
    for _ in range(CALLS):
        await work()
    return (time.process_time() - began) / CALLS * 1000


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[tuple[Services, asyncpg.Connection]]:
    """A gateway's services on a database of its own with deterministic data, and the floor's connection."""
    with EmbeddedPostgres(folder / "data", elsewhere=folder) as server:
        await migrate(server.dsn(), None)
        admin = await asyncpg.connect(server.dsn())
        await admin.execute(DATA)
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it
            data_folder=folder,
            rate_send_message=Rate(limit=1_000_000, per_seconds=1),
        )
        plug = Plug(role_dsn(server.dsn(), GATEWAY, None), LocalBus())
        async with open_services(settings, plug) as services:
            yield services, admin
        await admin.close()


async def works(services: Services, admin: asyncpg.Connection) -> dict[str, Work]:
    """What is compared, by name; each is tried once and its answer looked at."""
    schema = build_schema(services.settings, [Operation, *limiters(services.settings)])
    room: UUID = await admin.fetchval("select id from chat_rooms where is_default_room")
    viewer = Viewer(await admin.fetchval("select id from users limit 1"))

    async def ask(document: str, variables: dict[str, object]) -> object:
        caller = Caller(services, Request(), viewer)
        answer = await schema.execute(document, variables, {"caller": caller})
        if answer.errors:
            raise RuntimeError(str(answer.errors))
        return answer.data

    def message() -> dict[str, object]:
        return {"roomId": global_id("Room", room), "content": "Hello", "clientKey": str(uuid4())}

    return {
        "floor": lambda: admin.fetchval(FLOOR, room),
        "room_page": lambda: ask(PAGE, {"id": global_id("Room", room)}),
        "send_message": lambda: ask(SEND, {"input": message()}),
    }


async def main() -> None:
    """Interleaved rounds; the least of each is told, with its ratio to the floor."""
    with tempfile.TemporaryDirectory(prefix="crossfade-bench-") as name:
        os.chmod(name, 0o711)  # noqa: PTH101, S103 - as root, the server runs as somebody else
        folder = Path(name)
        async with house(folder) as (services, admin):
            compared = await works(services, admin)
            for work in compared.values():
                await work()
            rounds = [{name: await cost(work) for name, work in compared.items()} for _ in range(ROUNDS)]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; CPU of this process")
    print(f"{'work':14} {'least ms':>9} {'median ms':>10} {'x floor':>8}")
    least = {name: min(told[name] for told in rounds) for name in compared}
    for name in compared:
        median = statistics.median(told[name] for told in rounds)
        print(f"{name:14} {least[name]:9.3f} {median:10.3f} {least[name] / least['floor']:8.1f}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
