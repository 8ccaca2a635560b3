"""Where streams stand for a page that is read now."""

from sqlalchemy import ARRAY, String, column, func, select

from kit.statements import Record, Statement, param
from resolvers.loaders.base import Batched


class HeadSeenByTopic(Batched[str, int]):
    """How far a topic was before this operation read anything: what the page shows is at least as new."""

    statement = Statement(
        select(column("topic"), column("seq")).select_from(
            func.app.topic_heads_seen(
                param("topics", ARRAY(String())), param("snapshot", String())
            ).table_valued("topic", "seq")
        ),
        Record,
    )

    async def batch_load_fn(self, keys: list[str]) -> list[int]:
        snapshot = await self.lease.enter()
        rows = await self.lease.fetch(self.statement, topics=keys, snapshot=snapshot)
        found = {row.topic: row.seq for row in rows}
        return [found.get(key, 0) for key in keys]
