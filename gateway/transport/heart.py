"""A beat for everybody, spread over its period: so that ten thousand are not asked at one moment."""

import asyncio
from typing import Protocol

SLOTS = 12


class Beating(Protocol):
    """Whoever wants to be called."""

    slot: int
    """Kept for the heart."""

    def beat(self) -> None:
        """Called once each period."""


class Heart:
    """One timer for all, which runs while there is anybody."""

    def __init__(self, period: float) -> None:
        self._pause = period / SLOTS
        self._slots: list[set[Beating]] = [set() for _ in range(SLOTS)]
        self._now = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, beating: Beating) -> None:
        """Call it from a period on."""
        beating.slot = self._now
        self._slots[self._now].add(beating)
        if self._timer is None:
            self._wind()

    def remove(self, beating: Beating) -> None:
        """Call it no more."""
        self._slots[beating.slot].discard(beating)

    def _wind(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._pause, self._turn)

    def _turn(self) -> None:
        self._timer = None
        self._now = (self._now + 1) % SLOTS
        for beating in tuple(self._slots[self._now]):
            beating.beat()
        if any(self._slots):
            self._wind()
