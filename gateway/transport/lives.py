"""Everything that stays open: sockets and event streams, and how they end when the process does."""

import asyncio
from contextlib import suppress
from typing import Protocol


class Live(Protocol):
    """A socket, or a stream of events."""

    def leave(self) -> None:
        """End in a way that clients come back from; what is being answered may be answered first."""

    def cut(self) -> None:
        """End now."""


class Lives:
    """All of one process."""

    def __init__(self) -> None:
        self._open: set[Live] = set()
        self._gone = asyncio.Event()
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._open)

    def add(self, live: Live) -> None:
        """It is open."""
        self._open.add(live)
        if self.is_draining:
            live.leave()

    def discard(self, live: Live) -> None:
        """It has ended."""
        self._open.discard(live)
        if not self._open:
            self._gone.set()

    async def drain(self, seconds: float) -> None:
        """End all, and whoever comes meanwhile. What has not ended in time is cut."""
        self.is_draining = True
        for live in tuple(self._open):
            live.leave()
        if self._open:
            self._gone.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), seconds)
        for live in tuple(self._open):
            live.cut()
