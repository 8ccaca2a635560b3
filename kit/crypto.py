"""Secrets: the master secret, the keys derived from it, and tokens that are kept only as hashes."""

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.settings import Settings, SettingsError

SHORTEST_SECRET = 32


def derive_key(secret: str, purpose: str, length: int = 32) -> bytes:
    """HKDF-SHA256 (RFC 5869): a key of `length` bytes for each purpose, none of use for another."""
    info = f"crossfade/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret.encode())


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token. A fast hash will do: nobody guesses 256 bits."""
    # Whatever a client sends has a hash, lone surrogates too: it merely matches nothing.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def master_secret(settings: Settings) -> str:
    """The secret that all keys come from. In development it is made once and kept in the data folder.

    Raises SettingsError where production has none, or where it is short.
    """
    if settings.secret_key is not None:
        return _long_enough(settings.secret_key.get_secret_value(), "CROSSFADE_SECRET_KEY")
    if settings.environment == "production":
        raise SettingsError("CROSSFADE_SECRET_KEY: needed in production; `openssl rand -base64 48` makes one")
    return _kept_secret(settings.data_folder / "secret.key")


def _long_enough(secret: str, name: str) -> str:
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"{name}: shorter than {SHORTEST_SECRET} characters")
    return secret


def _kept_secret(path: Path) -> str:
    try:
        if not path.exists():
            _write_once(path, new_token())
        return _long_enough(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the development secret cannot be kept here ({error})") from None


def _write_once(path: Path, secret: str) -> None:
    """Put `secret` at `path` whole, or not at all where another process was first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        with draft.open("w", encoding="ascii") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never replaces: all processes then read the first one's secret.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
