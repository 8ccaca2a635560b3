"""JSON as clients get it."""

from typing import Any

import orjson

OPTIONS = orjson.OPT_UTC_Z
"""What values that encode themselves rely on (executor.declare.Native)."""


def encode(value: Any) -> bytes:
    """The bytes. Raises TypeError for what is no JSON."""
    return orjson.dumps(value, option=OPTIONS)
