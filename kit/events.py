"""Events of topics, as a table keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `seq` counts from 1 in its topic, without a hole, in the order of commit."""

    topic: str
    seq: int
    kind: str
    payload: dict[str, Any]
    origin_key: UUID | None
    at: datetime


class EventStore(Protocol):
    """Where events are kept for some days. Each call is one statement."""

    async def read(self, topic: str, after: int, limit: int) -> list[Event]:
        """Events above `after` that are still kept, ascending, at most `limit`."""

    async def heads(self, topics: Sequence[str]) -> dict[str, int]:
        """The seq each topic has come to; 0, or no entry, where nothing happened yet."""

    async def oldest(self, topic: str) -> int | None:
        """The lowest seq still kept; None where none is."""
