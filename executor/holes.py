"""Fields that an answer for many leaves open: a mark stands there until each of them has their own."""

from collections.abc import Sequence

from orjson import Fragment

from executor.fields import Field
from executor.places import Places
from executor.running import Column, Hole, Later, Run

MARK = b"\x00"
"""Around the number of a hole. It cannot occur in JSON: there it is escaped."""


class OpenField(Field):
    """Its place is taken by marks; what it is asked of is kept by the run."""

    def start(self, run: Run, sources: Column, places: Places) -> Later:
        first = sum(len(hole.sources) for hole in run.holes)
        run.holes.append(Hole(super().start, sources, places))
        return [Fragment(b"%b%d%b" % (MARK, first + index, MARK)) for index in range(len(sources))]


class Template:
    """JSON with holes."""

    def __init__(self, encoded: bytes) -> None:
        parts = encoded.split(MARK)
        self._texts = parts[::2]
        self._numbers = [int(number) for number in parts[1::2]]
        self._filled: dict[tuple[bytes, ...], bytes] = {}

    def filled(self, values: Sequence[bytes]) -> bytes:
        """With these values, by the numbers of the holes; equal values give the very same bytes."""
        used = tuple([values[number] for number in self._numbers])
        known = self._filled.get(used)
        if known is None:
            pieces = [self._texts[0]]
            for value, text in zip(used, self._texts[1:], strict=True):
                pieces += (value, text)
            known = self._filled[used] = b"".join(pieces)
        return known
