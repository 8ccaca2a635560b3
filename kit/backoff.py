"""How long to wait before the next try."""

from collections.abc import Iterator


def delays(first: float, most: float) -> Iterator[float]:
    """Seconds without end: `first`, then twice as long each time, never above `most`."""
    delay = first
    while True:
        yield delay
        delay = min(delay * 2, most)
