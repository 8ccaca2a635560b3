"""What a stream needs of the transport that carries it, and the transport of the stream."""

from collections.abc import Callable, Hashable
from typing import Protocol

from graphql import ExecutionResult

Encode = Callable[[ExecutionResult, str], bytes]
"""An answer in JSON; the second argument is the request's id."""


class Reader(Protocol):
    """One stream of one client. Nothing here blocks; who reads too slowly is closed by its transport."""

    def next(self, payload: bytes, cursor: str | None, replaces: Hashable | None = None) -> None:
        """One answer, in JSON. One with the same `replaces` that still waits may be left out."""

    def complete(self) -> None:
        """Nothing more will come."""

    def broken(self) -> None:
        """It ends by a fault of ours: the client is to come again with its cursor."""

    async def drained(self) -> None:
        """Until what was handed over has gone; for streams that can wait."""


class Stream(Protocol):
    """One subscription under way."""

    def close(self) -> None:
        """The client has enough, or is gone. May be called again."""

    async def ended(self, reason: str, cursor: str | None = None) -> bytes | None:
        """The last word of a stream that its transport ends; None where it has no such word.

        `cursor` is the last that the client has read; without it, the last that was handed over.
        """
