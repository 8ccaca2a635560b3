"""What waits for one connection that cannot take more just now."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from itertools import count
from typing import Any


class Outbox:
    """First in, first out; bounded by number and bytes. Of what has a key, only the last one waits.

    That takes the place at the end: it repeats the cursor of what is durable, which must have gone before.
    """

    __slots__ = ("_bytes", "_entries", "_most", "_most_bytes", "_numbers")

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def is_full(self) -> bool:
        """Whether it may take no more. One that is large alone is taken."""
        return len(self._entries) >= self._most or self._bytes >= self._most_bytes

    def put(self, entry: Any, size: int, key: Hashable | None = None) -> None:
        """Let it wait; `size` in bytes."""
        if key is None:
            key = next(self._numbers)
        elif (replaced := self._entries.pop(key, None)) is not None:
            self._bytes -= replaced[1]
        self._entries[key] = (entry, size)
        self._bytes += size

    def drain(self) -> Iterator[Any]:
        """Each entry, which then waits no more; for as long as the caller goes on."""
        while self._entries:
            _, (entry, size) = self._entries.popitem(last=False)
            self._bytes -= size
            yield entry

    def clear(self) -> None:
        """Let go of all."""
        self._entries.clear()
        self._bytes = 0
