"""Global ids: opaque to clients, a kind and a key to us."""

from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Hashable, Iterable
from functools import lru_cache
from itertools import repeat
from uuid import UUID

from kit.errors import BadInput
from kit.pages import BIGINT, URL_SAFE

MAX_ID = 300


def global_id(kind: str, *parts: object) -> str:
    """Opaque, stable, URL-safe."""
    text = ":".join((kind, *map(str, parts)))
    return b2a_base64(text.encode(), newline=False).translate(URL_SAFE, b"=").decode()


def global_ids(kind: str, keys: Iterable[Hashable]) -> list[str]:
    """`global_id` of many keys of one part. A process names the same things again and again."""
    return list(map(_named, repeat(kind), keys))


_named = lru_cache(maxsize=16_384)(global_id)


def split_id(text: str) -> tuple[str, list[str]]:
    """Kind and parts. Raises BadInput for what we cannot have made."""
    try:
        if len(text) > MAX_ID:
            raise ValueError("too long")  # noqa: TRY301 - one sentence for all that is no id
        raw = text.encode("ascii")
        kind, *parts = urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)).decode().split(":")
    except ValueError:
        kind, parts = "", []
    if not kind.isidentifier() or not parts:
        raise BadInput("This is not an identifier.")
    return kind, parts


def uuid_of(kind: str, text: str) -> UUID | None:
    """The key of an id of this kind; None for an id of another kind. Raises BadInput for a malformed one."""
    found, parts = split_id(text)
    if found != kind:
        return None
    try:
        (part,) = parts
        return UUID(part)
    except ValueError:
        raise BadInput("This is not an identifier.") from None


def int_of(kind: str, text: str) -> int | None:
    """As `uuid_of`, for keys that are numbers."""
    found, parts = split_id(text)
    if found != kind:
        return None
    try:
        (part,) = parts
        number = int(part)
    except ValueError:
        number = -1
    if not 0 <= number < BIGINT:
        raise BadInput("This is not an identifier.")
    return number
