"""Signing in and out through the API."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.client import Client

PASSWORD = "a long and uncommon one"
TOKENS = "tokens { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }"
ERRORS = "userErrors { code field message min max retryAt }"
SIGN_UP = f"""mutation ($input: SignUpInput!) {{
  signUp(input: $input) {{ {TOKENS} viewer {{ id email user {{ username displayName }} }} {ERRORS} }}
}}"""
SIGN_IN = f"""mutation ($input: SignInInput!) {{
  signIn(input: $input) {{ {TOKENS} viewer {{ id email }} {ERRORS} }}
}}"""
REFRESH = f"""mutation ($input: RefreshSessionInput!) {{
  refreshSession(input: $input) {{ {TOKENS} {ERRORS} }}
}}"""
SIGN_OUT = f"""mutation ($input: SignOutInput!) {{ signOut(input: $input) {{ endedCount {ERRORS} }} }}"""
REVOKE = f"""mutation ($input: RevokeSessionInput!) {{
  revokeSession(input: $input) {{ revokedSessionId viewer {{ sessions {{ nodes {{ id }} }} }} {ERRORS} }}
}}"""


@dataclass
class Jar:
    """A browser's cookie, as the transport sets it."""

    told: list[tuple[str | None, datetime | None]] = field(default_factory=list)

    def set(self, token: str | None, expires_at: datetime | None) -> None:
        self.told.append((token, expires_at))

    @property
    def token(self) -> str | None:
        return self.told[-1][0] if self.told else None


async def call(client: Client, document: str, input: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The payload of the only mutation in a document, which is expected to have one."""
    answer = await client.query(document, {"input": input}, **how)
    assert answer.errors == []
    (payload,) = answer.data.values()
    return payload


async def sign_in(client: Client, email: str, password: str = PASSWORD, **how: Any) -> dict[str, Any]:
    """The payload of signIn."""
    return await call(client, SIGN_IN, {"email": email, "password": password}, **how)


async def refresh(client: Client, token: str | None, **how: Any) -> dict[str, Any]:
    """The payload of refreshSession."""
    return await call(client, REFRESH, {"refreshToken": token} if token else {}, **how)


def problems(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """Code and path of each user error."""
    return [(error["code"], error["field"]) for error in payload["userErrors"]]
