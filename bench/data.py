"""The rows that every database of a run begins with: the same ones each time, and the same for all peers."""

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg

TABLES = Path(__file__).parent / "tables"
GATEWAY = ("facts", "gateway")
PLAIN = ("facts", "plain", "shelf")


@dataclass(frozen=True)
class Sizes:
    """How many of each there are."""

    people: int = 2_000
    rooms: int = 200
    messages: int = 200_000
    playlists: int = 5_000
    blends: int = 500
    shelves: int = 30
    tracks: int = 8_000


async def load(dsn: str, scripts: tuple[str, ...], sizes: Sizes) -> None:
    """Run these files of `tables`, as the superuser, on a database that has no rows of theirs yet."""
    connection = await asyncpg.connect(dsn)
    try:
        for name, size in asdict(sizes).items():
            await connection.execute(f"set bench.{name} = '{size}'")
        for script in scripts:
            await connection.execute((TABLES / f"{script}.sql").read_text(encoding="utf-8"))
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


def forget_writes(gateway: str, plain: str, sizes: Sizes) -> None:
    """Delete what was sent while it was measured, so that each round finds what the first one found."""
    execute(gateway, f"delete from chat_messages where id > {sizes.messages}", "delete from events")  # noqa: S608 - a number
    execute(plain, f"delete from messages where id > {sizes.messages}")  # noqa: S608 - as above


def execute(dsn: str, *statements: str) -> Any:
    """Run them one by one as the superuser; the value of the last one."""

    async def run() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            *others, last = statements
            for statement in others:
                await connection.execute(statement)
            return await connection.fetchval(last)
        finally:
            await connection.close()

    return asyncio.run(run())
