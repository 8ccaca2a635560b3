"""An outside OpenID issuer to sign in with, and all that one can do wrong."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import httpx
import orjson
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

ADDRESS = "https://issuer.example/auth/v1"
KEYS_ADDRESS = f"{ADDRESS}/.well-known/jwks.json"
AUDIENCE = "crossfade-web"
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]

Message = MutableMapping[str, Any]


class Mood(StrEnum):
    """How it answers."""

    WELL = "well"
    FAILING = "failing"
    GARBAGE = "garbage"
    HANGING = "hanging"
    HUGE = "huge"
    REDIRECTING = "redirecting"
    DISCONNECTED = "disconnected"


class StandInIssuer:
    """An ASGI application with keys. Publishes what it has, signs what it is told to, counts who asks."""

    def __init__(self) -> None:
        self.address = ADDRESS
        self.mood = Mood.WELL
        self.requests: list[str] = []
        self.published: dict[str, Key] = {}
        self.extra_entries: list[Any] = []
        self.configuration: dict[str, Any] = {"issuer": ADDRESS, "jwks_uri": KEYS_ADDRESS}
        self.asked = asyncio.Event()
        self.released = asyncio.Event()
        self.add_key("first", "ES256")

    def add_key(self, key_id: str, algorithm: str) -> Key:
        """Make and publish one more key."""
        key = new_key(algorithm, key_id)
        self.published[key_id] = key
        return key

    def rotate(self, key_id: str, algorithm: str = "ES256") -> Key:
        """Publish a new key in the place of all others."""
        self.published.clear()
        return self.add_key(key_id, algorithm)

    def sign(self, claims: dict[str, Any], key: Key | None = None, **header: Any) -> str:
        """A token of these claims, signed with the newest key unless another is named."""
        signing = key or list(self.published.values())[-1]
        algorithm = header.setdefault("alg", default_algorithm(signing))
        header.setdefault("kid", signing.kid)
        named = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(named, claims, signing, registry=Silent(algorithms=[algorithm]))

    def client(self) -> httpx.AsyncClient:
        """Reaches this issuer, and nothing else, whatever the host."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self))

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self.requests.append(scope["path"])
        self.asked.set()
        status, body = await self._answer(scope["path"])
        headers = [(b"location", b"https://elsewhere.example/")] if status == 302 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, path: str) -> tuple[int, bytes]:
        match self.mood:
            case Mood.FAILING:
                return 500, b"sorry"
            case Mood.GARBAGE:
                return 200, b"<html>\xff"
            case Mood.HANGING:
                await self.released.wait()
            case Mood.HUGE:
                return 200, b'{"keys":[' + b" " * 1_000_000 + b"]}"
            case Mood.REDIRECTING:
                return 302, b""
            case Mood.DISCONNECTED:
                raise httpx.ConnectError("nobody there")
        if path.endswith("openid-configuration"):
            return 200, orjson.dumps(self.configuration)
        entries = [key.as_dict(private=False) for key in self.published.values()]
        return 200, orjson.dumps({"keys": [*self.extra_entries, *entries]})


class Silent(JWSRegistry):
    """Signs with anything, none included, without a warning."""

    max_payload_length = 10_000_000

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def new_key(algorithm: str, key_id: str) -> Key:
    """A key pair for one algorithm."""
    parameters: Any = {"kid": key_id, "use": "sig"}
    if algorithm in {"RS256", "PS256"}:
        return RSAKey.generate_key(2048, parameters)
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters)
    return OKPKey.generate_key("Ed25519", parameters)


def default_algorithm(key: Key) -> str:
    """What a key of this kind signs with."""
    return {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA", "oct": "HS256"}[key.key_type]


def claims_of(now: datetime, **changes: Any) -> dict[str, Any]:
    """The claims of a good token that lives for an hour; a change to None leaves a claim out."""
    seconds = int(now.timestamp())
    claims = {
        "iss": ADDRESS,
        "aud": AUDIENCE,
        "sub": "248289761001",
        "iat": seconds,
        "exp": seconds + 3600,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}
