"""Where the values of a column stand in the answer; a path is made only when somebody asks for it."""

from bisect import bisect_right
from typing import Protocol

from graphql.pyutils import Path


class Places(Protocol):
    """The places of a column, by index."""

    def path(self, index: int) -> Path | None:
        """Of one value; None is the answer itself."""


class Root:
    """The answer itself: a column of one."""

    __slots__ = ()

    def path(self, index: int) -> Path | None:  # noqa: ARG002 - as every other column
        """Nothing leads to the root."""
        return None


class FieldPlaces:
    """A field of each object of a column."""

    __slots__ = ("key", "parent", "typename")

    def __init__(self, parent: Places, key: str, typename: str) -> None:
        self.parent = parent
        self.key = key
        self.typename = typename

    def path(self, index: int) -> Path:
        """The object's path and the field's response key."""
        return Path(self.parent.path(index), self.key, self.typename)


class ItemPlaces:
    """The items of several lists, one after the other: `owners[n]` begins at `starts[n]`."""

    __slots__ = ("owners", "parent", "starts")

    def __init__(self, parent: Places, starts: list[int], owners: list[int]) -> None:
        self.parent = parent
        self.starts = starts
        self.owners = owners

    def path(self, index: int) -> Path:
        """The list's path and the place in it."""
        nth = bisect_right(self.starts, index) - 1
        return Path(self.parent.path(self.owners[nth]), index - self.starts[nth], None)


class PickedPlaces:
    """Some of the values of another column."""

    __slots__ = ("indexes", "parent")

    def __init__(self, parent: Places, indexes: list[int]) -> None:
        self.parent = parent
        self.indexes = indexes

    def path(self, index: int) -> Path | None:
        """As in the other column."""
        return self.parent.path(self.indexes[index])
