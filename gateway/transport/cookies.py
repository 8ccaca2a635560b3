"""Tokens that a browser keeps where scripts cannot read them and other sites cannot send them."""

from datetime import datetime
from email.utils import format_datetime

REFRESH = "crossfade_refresh"
ACCESS = "crossfade_access"
PATH = "/graphql"


class Jar:
    """The cookies of one request, and those that its answer sets."""

    __slots__ = ("_header", "_is_secure", "set_headers")

    def __init__(self, header: bytes, *, is_secure: bool) -> None:
        self._header = header
        self._is_secure = is_secure
        self.set_headers: list[tuple[bytes, bytes]] = []

    @property
    def refresh(self) -> str | None:
        """The token that is exchanged for a new one."""
        return self._find(REFRESH)

    @property
    def access(self) -> str | None:
        """The token that signs in what cannot send a header."""
        return self._find(ACCESS)

    def set_refresh(self, token: str | None, expires_at: datetime | None) -> None:
        """None takes it away."""
        self._set(REFRESH, token, expires_at)

    def set_access(self, token: str | None, expires_at: datetime | None) -> None:
        """None takes it away."""
        self._set(ACCESS, token, expires_at)

    def _find(self, name: str) -> str | None:
        start = f"{name}=".encode()
        if start in self._header:
            for part in self._header.split(b";"):
                if part.strip().startswith(start):
                    return part.strip().removeprefix(start).decode("latin-1")
        return None

    def _set(self, name: str, token: str | None, expires_at: datetime | None) -> None:
        is_gone = token is None or expires_at is None
        until = "Max-Age=0" if is_gone else f"expires={format_datetime(expires_at, usegmt=True)}"  # type: ignore[arg-type]  # not None
        secure = "; Secure" if self._is_secure else ""
        value = f"{name}={token or ''}; HttpOnly; {until}; Path={PATH}; SameSite=strict{secure}"
        self.set_headers.append((b"set-cookie", value.encode("latin-1")))
