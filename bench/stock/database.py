"""The engine, and how a resolver reads: a session for each of its statements."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, func
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
engine = create_async_engine(URL, pool_size=10, max_overflow=0)
session_maker = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def rows(statement: Any) -> Sequence[Any]:
    """All rows of one statement."""
    async with session_maker() as session:
        found: Sequence[Any] = (await session.exec(statement)).all()
        return found


def created() -> datetime:
    """A column that the database fills."""
    column = Column(DateTime(timezone=True), server_default=func.now())
    made: datetime = Field(default=None, sa_column=column)
    return made
