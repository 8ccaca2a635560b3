"""The objects of a selection: one generated comprehension reads, serialises and builds them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from asyncpg import Record

from executor.code import attribute, item, make
from executor.leaves import Leaf, Odd
from executor.running import Column

Build = Callable[..., Column]


@dataclass(frozen=True)
class Constant:
    """The same for every object: its type's name."""

    key: str
    value: str


@dataclass(frozen=True)
class Inline:
    """A scalar or enum that is an attribute of the source."""

    key: str
    name: str
    leaf: Leaf
    is_required: bool


@dataclass(frozen=True)
class Filled:
    """A column that was completed by itself."""

    key: str


Entry = Constant | Inline | Filled


class Rows:
    """Builds objects of sources and completed columns, in the order of the selection."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._names = {entry.name for entry in entries if isinstance(entry, Inline)}
        self._builds: dict[bool, Build] = {}

    def __call__(self, sources: Column, columns: list[Column], odd: list[Odd]) -> Column:
        """Raises whatever reading an attribute raises. What cannot be serialised stands there as Odd."""
        by_item = bool(self._names) and self._are_records(sources)
        build = self._builds.get(by_item)
        if build is None:
            build = self._builds[by_item] = self._made(item if by_item else attribute)
        return build(sources, odd, *columns)

    def _are_records(self, sources: Column) -> bool:
        """Whether all are rows of one class that gives its columns as attributes and hides none of them."""
        kind = type(sources[0])
        return (
            issubclass(kind, Record)
            and hasattr(kind, "__getattr__")
            and not any(hasattr(kind, name) for name in self._names)
            and all(type(source) is kind for source in sources)
        )

    def _made(self, read: Callable[[str], str]) -> Build:
        names: dict[str, Any] = {}
        cells, columns = [], []
        for number, entry in enumerate(self._entries):
            if isinstance(entry, Constant):
                cell = repr(entry.value)
            elif isinstance(entry, Inline):
                value = read(entry.name)
                cell, used = entry.leaf.expression(value, number, is_required=entry.is_required)
                names.update(used)
            else:
                columns.append(number)
                cell = f"cell{number}"
            cells.append(f"{entry.key!r}: {cell}")
        return make(_source(cells, columns), names)  # type: ignore[no-any-return]


def _source(cells: list[str], columns: list[int]) -> str:
    given = "".join(f", column{number}" for number in columns)
    targets = "".join(f", cell{number}" for number in columns)
    loop = f"source{targets} in zip(sources{given})" if columns else "source in sources"
    return f"def build(sources, odd{given}):\n    return [{{{', '.join(cells)}}} for {loop}]"
