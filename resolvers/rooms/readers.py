"""Who of many may read a room."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, text

from kit.db import Lease
from kit.statements import Record, Statement, param

READERS = Statement(
    text("""
        select u.id from users u join chat_rooms r on r.id = :room
        where u.id = any(:people) and (not r.is_private or exists (
          select from room_members m where m.room_id = r.id and m.user_id = u.id))
    """).bindparams(param("room", Uuid()), param("people", ARRAY(Uuid()))),
    Record,
)


async def readers(lease: Lease, room: UUID, people: Sequence[UUID]) -> Collection[UUID]:
    """Those of these people who may read it now."""
    return {row.id for row in await lease.fetch(READERS, room=room, people=list(people))}
