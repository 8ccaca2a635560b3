"""Sessions that ended a short while ago: until they run out, their access tokens must be refused."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from kit.clock import now

_MARGIN = timedelta(minutes=1)
"""For tokens issued while their session ended, and for what their readers forgive a clock."""


class EndedSessions:
    """Remembers each for as long as an access token lives."""

    def __init__(self, lifetime: timedelta, clock: Callable[[], datetime] = now) -> None:
        self._keep = lifetime + _MARGIN
        self._clock = clock
        self._until: dict[UUID, datetime] = {}
        self._watchers: dict[UUID, set[Callable[[], None]]] = {}

    def add(self, session_id: UUID, ended_at: datetime) -> None:
        """Refuse its tokens from now on. May be told more than once."""
        moment = self._clock()
        # The database's clock may be behind the one that tokens are issued by.
        self._until[session_id] = max(ended_at, moment) + self._keep
        self.prune()
        for tell in self._watchers.pop(session_id, ()):
            tell()

    def watch(self, session_id: UUID, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` once when that session ends; what is returned takes that back."""
        self._watchers.setdefault(session_id, set()).add(tell)

        def undo() -> None:
            watchers = self._watchers.get(session_id)
            if watchers is not None:
                watchers.discard(tell)
                if not watchers:
                    del self._watchers[session_id]

        return undo

    def has(self, session_id: UUID) -> bool:
        """Whether it has ended."""
        return session_id in self._until

    def prune(self) -> None:
        """Forget those whose tokens have all run out; they were added first."""
        moment = self._clock()
        while self._until:
            oldest = next(iter(self._until))
            if self._until[oldest] > moment:
                return
            del self._until[oldest]

    def __len__(self) -> int:
        return len(self._until)
