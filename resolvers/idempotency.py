"""Creates that may be retried: the first answer is kept, and returned again."""

from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from kit.errors import Problem, ProblemCode
from kit.statements import Record, Statement, param
from models.identity import IdempotencyKey
from resolvers.context import Write

key = IdempotencyKey.__table__.c  # type: ignore[attr-defined]  # SQLModel makes it

KEEP = Statement(
    insert(IdempotencyKey)
    .values(
        user_id=param("user_id", Uuid()),
        operation=param("operation", String()),
        client_key=param("client_key", Uuid()),
        input_hash=param("input_hash", LargeBinary()),
        result=param("result", JSONB()),
    )
    .on_conflict_do_nothing()
    .returning(key.client_key),
    Record,
)
KEPT = Statement(
    select(key.input_hash, key.result).where(
        key.user_id == param("user_id", Uuid()),
        key.operation == param("operation", String()),
        key.client_key == param("client_key", Uuid()),
    ),
    Record,
)


async def first_answer(
    write: Write, user_id: UUID, operation: str, client_key: UUID, input_hash: bytes, result: dict[str, Any]
) -> dict[str, Any] | None:
    """None for the first call, which then does its work; for a retry, the `result` that the first one kept.

    Two statements, because one would not see what a concurrent first call has just committed. Raises Problem
    where the key was used for another input.
    """
    values = {"user_id": user_id, "operation": operation, "client_key": client_key}
    if await write.fetch(KEEP, **values, input_hash=input_hash, result=result):
        return None
    kept = await write.fetchrow(KEPT, **values)
    if kept is None or kept.input_hash != input_hash:
        raise Problem(
            ProblemCode.CLIENT_KEY_REUSED,
            "This clientKey was used for something else.",
            field=["clientKey"],
        )
    answer: dict[str, Any] = kept.result
    return answer
