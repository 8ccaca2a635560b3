"""What every table shares: names of constraints, keys, times, enums."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import DateTime, Enum, MetaData, func, text
from sqlmodel import Field, SQLModel

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

OnDelete = Literal["CASCADE", "SET NULL", "RESTRICT"]


class Row(SQLModel):
    """The root of all tables."""

    metadata = metadata


def pg_enum(enum: type[StrEnum], name: str) -> Enum:
    """A PostgreSQL enum of the members' values (a bare StrEnum would store names)."""
    return Enum(enum, name=name, values_callable=lambda members: [member.value for member in members])


def new_id() -> Any:
    """A uuid key that the database makes."""
    return Field(
        default=None, primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )


def defaulted(sql: str, type_: Any = None) -> Any:
    """A column that the database fills where an insert leaves it out (a default of ours would be sent)."""
    extra = {} if type_ is None else {"sa_type": type_}
    return Field(default=None, nullable=False, sa_column_kwargs={"server_default": text(sql)}, **extra)


def instant(*, nullable: bool = False, default_now: bool = False) -> Any:
    """A timestamptz column."""
    extra = {"server_default": func.now()} if default_now else {}
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=nullable, sa_column_kwargs=extra)


def refers_to(target: str, *, on_delete: OnDelete, nullable: bool = False, primary_key: bool = False) -> Any:
    """A foreign key that says what becomes of the row when its target goes."""
    return Field(
        default=None,
        foreign_key=target,
        ondelete=on_delete,
        nullable=nullable,
        primary_key=primary_key,
    )


__all__ = ["UUID", "Row", "datetime", "instant", "metadata", "new_id", "pg_enum", "refers_to"]
