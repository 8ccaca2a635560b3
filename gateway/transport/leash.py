"""How long a connection may speak for its viewer: until the token runs out, or the session ends."""

import asyncio
from collections.abc import Callable

from kit.clock import now
from resolvers.context import Services, Viewer

EARLY = 0.5
"""Seconds before the end: an event of the last moment must not find the token expired, and say so."""
EXPIRED = "Token expired"
REVOKED = "Session ended"


class Leash:
    """Calls once when it is over, with the reason; never where nobody is signed in."""

    __slots__ = ("_call", "_timer", "_undo")

    def __init__(self, services: Services, viewer: Viewer | None, call: Callable[[str], None]) -> None:
        self._call = call
        self._timer: asyncio.TimerHandle | None = None
        self._undo: Callable[[], None] | None = None
        if viewer is not None and viewer.expires_at is not None:
            left = (viewer.expires_at - now()).total_seconds() - EARLY
            self._timer = asyncio.get_running_loop().call_later(max(left, 0.0), call, EXPIRED)
        if viewer is not None and viewer.session_id is not None:
            self._undo = services.ended_sessions.watch(viewer.session_id, self._ended)

    def _ended(self) -> None:
        self._undo = None
        self._call(REVOKED)

    def drop(self) -> None:
        """Call no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._undo is not None:
            self._undo()
            self._undo = None
