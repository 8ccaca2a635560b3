"""Who of many may read a room."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, func, select

from kit.db import Lease
from kit.statements import Record, Statement, param

READERS = Statement(
    select(
        func.app.room_readers(param("room", Uuid()), param("people", ARRAY(Uuid()))).column_valued("person")
    ),
    Record,
)


async def readers(lease: Lease, room: UUID, people: Sequence[UUID]) -> Collection[UUID]:
    """Those of these people who may read it now, whoever the lease is of."""
    return {row["person"] for row in await lease.fetch(READERS, room=room, people=people)}
