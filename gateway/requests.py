"""Every request has an id: in its answer, in its errors, in its log lines."""

from itertools import count
from secrets import randbits, token_hex

STRIDE = 0x9E3779B97F4A7C15
"""Odd, so that its multiples repeat only after 2^64 of them; neighbours look nothing alike."""
ROUND = (1 << 64) - 1


class RequestIds:
    """Ids of one process: 32 hexadecimal digits, half of them its own. A tenth of a random UUID's cost."""

    def __init__(self) -> None:
        self._house = token_hex(8)
        self._numbers = count(randbits(64), STRIDE)

    def new(self) -> str:
        """One that nobody had."""
        return f"{self._house}{next(self._numbers) & ROUND:016x}"
