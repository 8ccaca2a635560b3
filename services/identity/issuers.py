"""Outside issuers: whose tokens are good here, and what they say."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from kit.settings import Issuer, SettingsError
from services.identity.claims import ExternalClaims, external_claims
from services.identity.jwks import KEY_TYPES
from services.identity.jws import Algorithms, InvalidToken, Unverified, check_claims, check_signature, peek
from services.identity.key_source import FetchRules, KeySource, is_fetchable

CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Trusted:
    source: KeySource
    audiences: set[str] = field(default_factory=set)


class IssuerKeys:
    """The outside issuers of one installation, and their keys. The client stays the caller's to close."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        client: httpx.AsyncClient,
        rules: FetchRules | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises SettingsError where an address is not one that keys may be fetched from."""
        rules = rules or FetchRules()
        self._algorithms = Algorithms(KEY_TYPES)
        self._trusted: dict[str, _Trusted] = {}
        for issuer in issuers:
            _check_address(issuer, rules)
            if issuer.issuer not in self._trusted:
                source = KeySource(issuer.issuer, issuer.jwks_url, client, rules, monotonic)
                self._trusted[issuer.issuer] = _Trusted(source)
            # Named twice: one issuer, for the web and the mobile app, each with an audience of its own.
            self._trusted[issuer.issuer].audiences.add(issuer.audience)

    async def read(self, token: str, now: datetime) -> ExternalClaims:
        """Raises InvalidToken, ExpiredToken or IssuerUnreachable: each an Unauthenticated."""
        return await self.verify(peek(token), now)

    async def verify(self, token: Unverified, now: datetime) -> ExternalClaims:
        """As `read`, of a token that has been taken apart."""
        trusted = self._trusted.get(token.issuer)
        # Before any fetch: a token that cannot be good costs its sender's time only.
        if trusted is None or token.algorithm not in KEY_TYPES:
            raise InvalidToken
        key = await trusted.source.find(token.key_id, token.algorithm)
        if key is None:
            raise InvalidToken
        check_signature(token, key, self._algorithms)
        check_claims(
            token.claims,
            issuer=token.issuer,
            audiences=trusted.audiences,
            now=now,
            leeway=CLOCK_SKEW_SECONDS,
        )
        return external_claims(token.claims)

    async def close(self) -> None:
        """End fetches that are still under way."""
        for trusted in self._trusted.values():
            await trusted.source.close()


def _check_address(issuer: Issuer, rules: FetchRules) -> None:
    address = issuer.jwks_url or issuer.issuer
    try:
        is_good = is_fetchable(address, rules)
    except httpx.InvalidURL:
        is_good = False
    if not is_good:
        raise SettingsError(f"CROSSFADE_ISSUERS: keys cannot be fetched from {address}: not an https address")
