"""The event table behind kit.hub, read through the functions of schema `app`."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, BigInteger, Integer, String, column, func, select

from kit.db import Database
from kit.events import Event
from kit.statements import Record, Statement, param

READ = Statement(
    select(column("seq"), column("kind"), column("payload"), column("origin_key"), column("created_at"))
    .select_from(
        func.app.read_events(
            param("topic", String()), param("after", BigInteger()), param("most", Integer())
        ).table_valued("seq", "kind", "payload", "origin_key", "created_at")
    )
    .order_by(column("seq")),
    Record,
)
HEADS = Statement(
    select(column("topic"), column("seq")).select_from(
        func.app.topic_heads(param("topics", ARRAY(String()))).table_valued("topic", "seq")
    ),
    Record,
)
OLDEST = Statement(select(func.app.oldest_event(param("topic", String())).label("seq")), Record)


class EventTable:
    """An EventStore. It reads as nobody: it tells ids and kinds, and readers check their own access."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, topic: str, after: int, limit: int) -> list[Event]:
        """Events above `after`, ascending."""
        async with self._database.read(None) as lease:
            rows = await lease.fetch(READ, topic=topic, after=after, most=limit)
        return [Event(topic, row.seq, row.kind, row.payload, row.origin_key, row.created_at) for row in rows]

    async def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """The seq each topic has come to."""
        async with self._database.read(None) as lease:
            rows = await lease.fetch(HEADS, topics=list(topics))
        return {row.topic: row.seq for row in rows}

    async def oldest(self, topic: str) -> int | None:
        """The lowest seq still kept."""
        async with self._database.read(None) as lease:
            row = await lease.fetchrow(OLDEST, topic=topic)
        return row.seq if row else None
