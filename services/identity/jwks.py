"""A JSON Web Key Set as an issuer publishes it, and the one key in it that may have signed a token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

KEY_TYPES: Mapping[str, type[Key]] = {
    "RS256": RSAKey,
    "PS256": RSAKey,
    "ES256": ECKey,
    "EdDSA": OKPKey,
    "Ed25519": OKPKey,
}
"""The algorithms an outside issuer may sign with, all with two keys, and the kind of key that each needs."""

_PUBLIC_KEYS: Mapping[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_MOST_KEYS = 100
_RSA_BITS = range(2048, 8193)
_RSA_MODULUS_CHARACTERS = range(342, 1367)
"""The same bits in base64url; looked at first, since a longer modulus costs time to read."""


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """An issuer's public signing keys."""

    keys: Sequence[Key]

    def find(self, key_id: str | None, algorithm: str) -> Key | None:
        """The key of this name that fits the algorithm; without a name, the only one that fits."""
        key_type = KEY_TYPES.get(algorithm)
        fitting = [key for key in self.keys if key_type is not None and isinstance(key, key_type)]
        if key_id is not None:
            return next((key for key in fitting if key.kid == key_id), None)
        return fitting[0] if len(fitting) == 1 else None


def parse_key_set(document: bytes) -> PublicKeys:
    """Keys that are not for signatures, of other kinds, too small, or broken are left out.

    Raises ValueError where nothing usable is left: then it is no key set, or a broken one.
    """
    content = orjson.loads(document)
    entries = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(entries, list) or len(entries) > _MOST_KEYS:
        raise ValueError("not a key set")
    keys = [key for entry in entries if (key := _signing_key(entry)) is not None]
    if not keys:
        raise ValueError("no usable key in the key set")
    return PublicKeys(keys)


def _signing_key(entry: Any) -> Key | None:
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or "d" in entry:
        return None
    key_type = _PUBLIC_KEYS.get(str(entry.get("kty")))
    if key_type is None or (key_type is RSAKey and len(str(entry.get("n"))) not in _RSA_MODULUS_CHARACTERS):
        return None
    try:
        key = key_type.import_key(entry)
    except Exception:  # noqa: BLE001 - whatever a foreign document makes the libraries raise, it is not a key
        return None
    return None if isinstance(key, RSAKey) and key.raw_value.key_size not in _RSA_BITS else key
