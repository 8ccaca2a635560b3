"""The shell of a signed token: read without trust, then checked against a key, then against the clock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact
from joserfc.jwt import JWTClaimsRegistry

from kit.errors import Unauthenticated

_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_REFUSED_HEADERS = frozenset({"crit", "b64"})


class InvalidToken(Unauthenticated):
    """Malformed, forged, of another issuer or for another audience: the answer does not say which."""

    def __init__(self) -> None:
        super().__init__("This token is not valid.")


class ExpiredToken(Unauthenticated):
    """Good once, and known to be ours or a trusted issuer's: time to refresh."""

    def __init__(self) -> None:
        super().__init__("This token has expired.", isExpired=True)


class Algorithms(JWSRegistry):
    """The algorithms that one kind of token may use, and how large its parts may be."""

    max_header_length = 1024
    max_payload_length = 16_384

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(algorithms=frozenset(names), strict_check_header=False)

    def get_alg(self, name: str) -> JWSAlgModel:
        # The parent's, without its warning at run time that the name "EdDSA" goes out of use (RFC 9864).
        if name not in (self.allowed or ()):
            raise InvalidToken
        return self.algorithms[name]


_SHELL = Algorithms([])


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a token says of itself. Only good for choosing the key that will tell."""

    signature: CompactSignature
    claims: dict[str, Any]
    issuer: str
    algorithm: str
    key_id: str | None


def peek(token: str) -> Unverified:
    """Take a token apart without believing it. Raises InvalidToken."""
    try:
        signature = extract_compact(token.encode("ascii"), registry=_SHELL)
        # Strict JSON: no NaN, no lone surrogates, no bottomless nesting.
        claims = orjson.loads(signature.payload)
        header = signature.headers()
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise InvalidToken
        _SHELL.check_header(header)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise InvalidToken from None
    issuer, algorithm, key_id = claims.get("iss"), header["alg"], header.get("kid")
    if not isinstance(issuer, str) or _REFUSED_HEADERS & header.keys():
        raise InvalidToken
    # A logout or a DPoP token of the same issuer is signed with the same key, and is no sign-in.
    if header.get("typ", "JWT").lower() not in _TYPES:
        raise InvalidToken
    return Unverified(signature, claims, issuer, algorithm, key_id)


def check_signature(token: Unverified, key: Key, algorithms: Algorithms) -> None:
    """Raises InvalidToken where the key does not fit the algorithm, or did not sign."""
    try:
        is_good = validate_compact(token.signature, key, registry=algorithms)
    except (JoseError, ValueError, TypeError):
        raise InvalidToken from None
    if not is_good:
        raise InvalidToken


def check_claims(
    claims: dict[str, Any], *, issuer: str, audiences: Collection[str], now: datetime, leeway: int
) -> None:
    """Issuer, audience, subject, and times within `leeway` seconds. Raises InvalidToken or ExpiredToken."""
    registry = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=leeway,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "values": list(audiences)},
        sub={"essential": True},
        exp={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError:
        raise ExpiredToken from None
    except (JoseError, ValueError, TypeError):
        raise InvalidToken from None
