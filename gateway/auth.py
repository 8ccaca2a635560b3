"""A token becomes a viewer: from an HTTP header or from the first message of a socket."""

from kit.clock import now
from kit.errors import Unauthenticated
from resolvers.context import Services, Viewer
from resolvers.identity.external import user_of
from services.identity.bearer import read_bearer
from services.identity.tokens import AccessClaims

SCHEME = "bearer "


async def viewer_of(services: Services, authorization: str | None) -> Viewer | None:
    """Who an `Authorization` value speaks for; None without one. Raises Unauthenticated."""
    if not authorization:
        return None
    if not authorization.lower().startswith(SCHEME):
        raise Unauthenticated("Send `Authorization: Bearer <access token>`.")
    token = authorization[len(SCHEME) :].strip()
    claims = await read_bearer(token, services.access_tokens, services.issuers, now())
    if not isinstance(claims, AccessClaims):
        return Viewer(await user_of(services, claims), None, claims.expires_at)
    if services.ended_sessions.has(claims.session_id):
        raise Unauthenticated("This session has ended. Sign in again.")
    return Viewer(claims.user_id, claims.session_id, claims.expires_at)
