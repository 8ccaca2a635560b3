"""Identities that were looked up a moment ago, so that not every request asks for them again."""

import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID


class KnownIdentities:
    """Issuer and subject -> person. Bounded, and forgetful: another process may take an identity away."""

    def __init__(
        self, most: int = 10_000, seconds: float = 60, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._monotonic = monotonic
        self._known: OrderedDict[tuple[str, str], tuple[UUID, float]] = OrderedDict()

    def find(self, issuer: str, subject: str) -> UUID | None:
        """Who it is, if that was known a moment ago."""
        person, until = self._known.get((issuer, subject), (None, 0.0))
        if person is None or until <= self._monotonic():
            return None
        self._known.move_to_end((issuer, subject))
        return person

    def add(self, issuer: str, subject: str, person: UUID) -> None:
        """Remember it; the one that was longest out of use makes room."""
        self._known[issuer, subject] = (person, self._monotonic() + self._seconds)
        self._known.move_to_end((issuer, subject))
        if len(self._known) > self._most:
            self._known.popitem(last=False)
