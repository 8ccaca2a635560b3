"""What an outside issuer says of a person, in the layouts of Supabase and of plain OpenID Connect."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kit.errors import Problem
from services.identity.emails import clean_email
from services.identity.jws import InvalidToken

_LONGEST = 255
"""Of a subject (OpenID Connect Core 2), and of any other word that is kept in a column."""
_DEEPEST = 32
_NUL = "\x00"


@dataclass(frozen=True, slots=True)
class ExternalClaims:
    """A person as an issuer knows them. Names and `provider_id` may be of the person's own making."""

    issuer: str
    subject: str
    expires_at: datetime
    email: str | None
    email_verified: bool
    full_name: str | None
    user_name: str | None
    provider: str | None
    provider_id: str | None
    raw: Mapping[str, Any]
    """All claims, fit for a jsonb column."""

    @property
    def spotify_user_id(self) -> str | None:
        return self.provider_id if self.provider == "spotify" else None


def external_claims(claims: Mapping[str, Any]) -> ExternalClaims:
    """Read the claims of a token whose signature, issuer, audience and times are known to be good.

    Raises InvalidToken for a subject that cannot be kept or an end beyond the calendar.
    """
    subject = claims["sub"]
    if _NUL in subject or not 0 < len(subject) <= _LONGEST:
        raise InvalidToken
    profile = {**claims, **_mapping(claims, "user_metadata")}
    email = _email(claims)
    return ExternalClaims(
        issuer=claims["iss"],
        subject=subject,
        expires_at=_instant(claims["exp"]),
        email=email,
        # Supabase's user_metadata is the person's to write: only the issuer's own word counts.
        email_verified=email is not None and claims.get("email_verified") in (True, "true"),
        full_name=_first(profile, "full_name", "name"),
        user_name=_first(profile, "user_name", "preferred_username"),
        provider=_first(_mapping(claims, "app_metadata"), "provider"),
        provider_id=_first(profile, "provider_id"),
        raw=_without_nul(claims),
    )


def _first(claims: Mapping[str, Any], *names: str) -> str | None:
    """The first of these claims that says something fit for a column."""
    values = (claims.get(name) for name in names)
    words = (value.strip() for value in values if isinstance(value, str) and _NUL not in value)
    return next((word for word in words if 0 < len(word) <= _LONGEST), None)


def _mapping(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _email(claims: Mapping[str, Any]) -> str | None:
    try:
        return clean_email(_first(claims, "email") or "")
    except Problem:
        return None


def _instant(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidToken from None


def _without_nul(value: Any, depth: int = 0) -> Any:
    """Claims may hold what a person typed elsewhere; PostgreSQL refuses NUL, in text and in jsonb."""
    if depth > _DEEPEST:
        raise InvalidToken
    if isinstance(value, str):
        return value.replace(_NUL, "")
    if isinstance(value, list):
        return [_without_nul(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {_without_nul(name): _without_nul(item, depth + 1) for name, item in value.items()}
    return value
