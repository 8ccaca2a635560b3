"""A token becomes a viewer: from an HTTP header, or from a message of a socket."""

from kit.clock import now
from kit.errors import Unauthenticated
from resolvers.context import Services, Viewer
from resolvers.identity.external import user_of
from services.identity.bearer import read_bearer
from services.identity.tokens import AccessClaims

SCHEME = "bearer "
KEPT = 5000


class Bearers:
    """Reads `Authorization` values. A token of ours that has proven good is believed until it runs out.

    Those of outside issuers are proven each time: their keys may be withdrawn.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._good: dict[str, Viewer] = {}

    async def viewer_of(self, services: Services, authorization: str | None) -> Viewer | None:
        """Who it speaks for; None without one. Raises Unauthenticated."""
        if not authorization:
            return None
        good = self._good.get(authorization)
        if good is not None and good.expires_at is not None and good.expires_at > now():
            _refuse_ended(services, good)
            return good
        return await self._proven(services, authorization)

    async def _proven(self, services: Services, authorization: str) -> Viewer:
        self._good.pop(authorization, None)
        if not authorization.lower().startswith(SCHEME):
            raise Unauthenticated("Send `Authorization: Bearer <access token>`.")
        token = authorization[len(SCHEME) :].strip()
        claims = await read_bearer(token, services.access_tokens, services.issuers, now())
        if not isinstance(claims, AccessClaims):
            return Viewer(await user_of(services, claims), None, claims.expires_at)
        viewer = Viewer(claims.user_id, claims.session_id, claims.expires_at)
        _refuse_ended(services, viewer)
        while len(self._good) >= self._kept:
            del self._good[next(iter(self._good))]
        self._good[authorization] = viewer
        return viewer


def _refuse_ended(services: Services, viewer: Viewer) -> None:
    if viewer.session_id is not None and services.ended_sessions.has(viewer.session_id):
        raise Unauthenticated("This session has ended. Sign in again.")
