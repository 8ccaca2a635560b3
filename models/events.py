"""What happened, in the order of commit within each topic."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field

from models.base import Row, instant


class Xid8(UserDefinedType[str]):
    """A 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "xid8"


class Topic(Row, table=True):
    """How far a topic is. Never deleted: its seq must not begin anew."""

    __tablename__ = "topics"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)
    topic: str = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)


class EventRecord(Row, table=True):
    """One thing that happened: ids and kinds, never text or names. Kept for seven days."""

    __tablename__ = "events"
    __table_args__ = (PrimaryKeyConstraint("topic", "seq"), Index("ix_events_created_at", "created_at"))
    topic: str
    seq: int = Field(sa_type=BigInteger)
    kind: str
    payload: dict[str, Any] = Field(sa_type=JSONB)
    origin_key: UUID | None = None
    created_at: datetime = instant(default_now=True)
    tx: str = Field(sa_type=Xid8, sa_column_kwargs={"server_default": text("pg_current_xact_id()")})
    """So that a page can say which events its snapshot had not seen."""
