"""Our own tokens: the short access token, a signed one, and the refresh token, an opaque one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import OctKey

from kit.crypto import derive_key
from services.identity.jws import Algorithms, InvalidToken, Unverified, check_claims, check_signature, peek

ISSUER = "crossfade"
AUDIENCE = "crossfade"
CLOCK_SKEW_SECONDS = 5
"""Between our own processes: what one has just issued, the other must accept."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """Who asks, in which session, and until when."""

    user_id: UUID
    session_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token and the end of its life."""

    value: str
    expires_at: datetime


class AccessTokens:
    """Issues and reads access tokens with one key."""

    def __init__(self, secret: str, lifetime: timedelta, audience: str = AUDIENCE) -> None:
        self._key = OctKey.import_key(derive_key(secret, "access-token"))
        self._lifetime = lifetime
        self._audience = audience
        self._algorithms = Algorithms(["HS256"])

    def issue(self, user_id: UUID, session_id: UUID, now: datetime) -> AccessToken:
        issued_at = int(now.timestamp())
        expires_at = issued_at + int(self._lifetime.total_seconds())
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": issued_at,
            "exp": expires_at,
        }
        value = jwt.encode({"alg": "HS256"}, claims, self._key, registry=self._algorithms)
        return AccessToken(value, datetime.fromtimestamp(expires_at, UTC))

    def read(self, token: str, now: datetime) -> AccessClaims:
        """Raises InvalidToken, or ExpiredToken for one that was good."""
        return self.verify(peek(token), now)

    def verify(self, token: Unverified, now: datetime) -> AccessClaims:
        """As `read`, of a token that has been taken apart."""
        check_signature(token, self._key, self._algorithms)
        claims = token.claims
        check_claims(claims, issuer=ISSUER, audiences=[self._audience], now=now, leeway=CLOCK_SKEW_SECONDS)
        try:
            return AccessClaims(
                UUID(claims["sub"]),
                UUID(claims["sid"]),
                datetime.fromtimestamp(claims["iat"], UTC),
                datetime.fromtimestamp(claims["exp"], UTC),
            )
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError, OSError):
            raise InvalidToken from None
