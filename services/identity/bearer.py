"""A bearer token of any kind: ours, or an outside issuer's."""

from datetime import datetime

from services.identity.claims import ExternalClaims
from services.identity.issuers import IssuerKeys
from services.identity.jws import peek
from services.identity.tokens import ISSUER, AccessClaims, AccessTokens


async def read_bearer(
    token: str, access: AccessTokens, issuers: IssuerKeys, now: datetime
) -> AccessClaims | ExternalClaims:
    """Who issued it is the token's own word, and only chooses the key that proves it.

    Raises InvalidToken, ExpiredToken or IssuerUnreachable: each an Unauthenticated.
    """
    unverified = peek(token)
    if unverified.issuer == ISSUER:
        return access.verify(unverified, now)
    return await issuers.verify(unverified, now)
