"""What a database holds, as text that can be compared: everything but the rows."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg

QUESTION = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")

Inventory = dict[str, str]
"""What a thing is called, beginning with what it is, to how it is made."""


async def read_inventory(connection: asyncpg.Connection) -> Inventory:
    """All that the connection's database holds."""
    async with connection.transaction():
        await connection.execute("set local search_path = pg_catalog")
        return {row["name"]: row["definition"] for row in await connection.fetch(QUESTION)}


def compare(found: Inventory, declared: Inventory) -> list[str]:
    """What is different, one line a thing; nothing where two databases hold the same."""
    return list(_differences(found, declared))


def _differences(found: Inventory, declared: Inventory) -> Iterator[str]:
    for name in sorted(found.keys() | declared.keys()):
        if name not in found:
            yield f"missing: {name}"
        elif name not in declared:
            yield f"not declared: {name}"
        elif found[name] != declared[name]:
            yield f"different: {name} is {found[name]!r}, declared is {declared[name]!r}"
