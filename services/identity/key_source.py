"""The published keys of one outside issuer: fetched when needed, kept, and not asked for too often."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import orjson
import structlog
from joserfc.jwk import Key

from kit.errors import Unauthenticated
from services.identity.jwks import PublicKeys, parse_key_set

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class IssuerUnreachable(Unauthenticated):
    """The token may be good; nobody can tell just now."""

    def __init__(self) -> None:
        super().__init__("The issuer of this token cannot be reached just now.", isTemporary=True)


@dataclass(frozen=True, slots=True)
class FetchRules:
    """How keys are fetched; all times in seconds."""

    fresh_for: float = 600
    """Then they are fetched again, so that a withdrawn key is forgotten."""
    stale_for: float = 86_400
    """How long they serve while fetching fails."""
    pause: float = 5
    """Between two fetches, whatever key names strangers invent."""
    timeout: float = 5
    most_bytes: int = 262_144
    is_plain_http_allowed: bool = False
    """On this machine, for development."""


class KeySource:
    """One issuer's keys. Fetches are shared by all who wait, and outlive the one who asked first."""

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None,
        client: httpx.AsyncClient,
        rules: FetchRules,
        monotonic: Callable[[], float],
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._client = client
        self._rules = rules
        self._monotonic = monotonic
        self._keys: PublicKeys | None = None
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._has_failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, algorithm: str) -> Key | None:
        """The key that a token names; None where the issuer has no such key. Raises IssuerUnreachable."""
        if self._age() > self._rules.fresh_for:
            fetching = self._fetch_if_due()
            # After a failure known keys serve meanwhile: an issuer that hangs must not slow everyone.
            if fetching is not None and (self._keys is None or not self._has_failed):
                await asyncio.shield(fetching)
        if (key := self._known(key_id, algorithm)) is not None:
            return key
        if (fetching := self._fetch_if_due()) is not None:
            await asyncio.shield(fetching)
        if self._usable() is None:
            raise IssuerUnreachable
        return self._known(key_id, algorithm)

    async def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _age(self) -> float:
        return self._monotonic() - self._fetched_at

    def _usable(self) -> PublicKeys | None:
        return self._keys if self._age() <= self._rules.stale_for else None

    def _known(self, key_id: str | None, algorithm: str) -> Key | None:
        keys = self._usable()
        return None if keys is None else keys.find(key_id, algorithm)

    def _fetch_if_due(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one; None where the last one is too recent."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        if self._monotonic() - self._tried_at < self._rules.pause:
            return None
        self._tried_at = self._monotonic()
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(self._rules.timeout):
                url = self._jwks_url or await self._discovered()
                self._keys = parse_key_set(await self._get(url))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError) as error:
            self._has_failed = True
            log.warning("issuer_keys_not_fetched", issuer=self._issuer, error=repr(error))
        else:
            self._has_failed = False
            self._fetched_at = self._monotonic()

    async def _discovered(self) -> str:
        """OpenID Connect Discovery 1.0: where the keys are, of the issuer's own document."""
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = orjson.loads(await self._get(url))
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise ValueError("not this issuer's configuration")
        return str(document.get("jwks_uri"))

    async def _get(self, url: str) -> bytes:
        if not is_fetchable(url, self._rules):
            raise ValueError("not an https address")
        body = bytearray()
        async with self._client.stream("GET", url, headers=_HEADERS, follow_redirects=False) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"answered {response.status_code}")
            # As it came: nothing is unpacked, so nothing small can become large.
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._rules.most_bytes:
                    raise ValueError("the answer is too large")
        return bytes(body)


def is_fetchable(address: str, rules: FetchRules) -> bool:
    """Whether keys may come from there: over https, or in development from this machine."""
    url = httpx.URL(address)
    is_here = url.host in {"localhost", "127.0.0.1", "::1"}
    return bool(url.host) and (
        url.scheme == "https" or (url.scheme == "http" and is_here and rules.is_plain_http_allowed)
    )
