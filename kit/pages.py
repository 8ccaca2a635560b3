"""Pages of lists: opaque cursors that hold the keys of a row, and what of a list a caller asks for."""

from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from kit.errors import BadInput

N = TypeVar("N")
BIGINT = 2**63
MAX_CURSOR = 600
DEFAULT_SIZE = 20
URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encode(value: Any) -> str:
    """Base64url without padding of compact JSON; what JSON has no form for, as text."""
    return b2a_base64(orjson.dumps(value, default=str), newline=False).translate(URL_SAFE, b"=").decode()


def decode(text: str) -> Any:
    """The value of `encode`. Raises ValueError for anything else."""
    if len(text) > MAX_CURSOR:
        raise ValueError("too long")
    raw = text.encode("ascii", errors="strict")
    return orjson.loads(urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))


def key_from(type_: type, value: Any) -> Any:
    """One key of a cursor as the driver takes it. Raises ValueError for what the list cannot have made."""
    if type_ is int:
        if isinstance(value, bool) or not isinstance(value, int) or not -BIGINT <= value < BIGINT:
            raise ValueError("not a 64-bit number")
        return value
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("not a text")
    if type_ is UUID:
        return UUID(value)
    if type_ is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not 1 < moment.year < 9999:
            raise ValueError("not an instant")
        return moment
    return value


@dataclass(frozen=True)
class PageArgs:
    """What of a list is asked for. Hashable, so that loaders can batch equal questions."""

    size: int
    is_backward: bool
    after: str | None
    before: str | None


def page_args(
    first: int | None, after: str | None, last: int | None, before: str | None, *, most: int = 100
) -> PageArgs:
    """Check the four arguments of a connection. Raises BadInput."""
    if first is not None and last is not None:
        raise BadInput("Ask for `first` or for `last`, not for both.")
    size = last if last is not None else first
    if size is not None and not 1 <= size <= most:
        raise BadInput(f"A page holds 1 to {most} items.")
    return PageArgs(size or min(DEFAULT_SIZE, most), last is not None, after, before)


class Edge(Generic[N]):
    """An item and where it stands, which is written down only where it is asked for."""

    __slots__ = ("_place", "node")

    def __init__(self, node: N, place: Callable[[N], str]) -> None:
        self.node = node
        self._place = place

    @property
    def cursor(self) -> str:
        """Where it stands."""
        return self._place(self.node)


class Page(Generic[N]):
    """A page of a list, in the order of the list whichever end it was read from."""

    __slots__ = ("_place", "count", "has_next_page", "has_previous_page", "nodes")

    def __init__(
        self,
        nodes: list[N],
        place: Callable[[N], str],
        *,
        has_next_page: bool,
        has_previous_page: bool,
        count: Callable[[], Awaitable[int]] | None = None,
    ) -> None:
        self.nodes = nodes
        self._place = place
        self.has_next_page = has_next_page
        self.has_previous_page = has_previous_page
        self.count = count

    @property
    def edges(self) -> list[Edge[N]]:
        """The items, with their places."""
        place = self._place
        return [Edge(node, place) for node in self.nodes]

    @property
    def page_info(self) -> "Page[N]":
        """Where the page stands in its list: it says so itself."""
        return self

    @property
    def start_cursor(self) -> str | None:
        """Of the first item."""
        return self._place(self.nodes[0]) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """Of the last item."""
        return self._place(self.nodes[-1]) if self.nodes else None


def page_of(
    nodes: Sequence[N],
    args: PageArgs,
    place: Callable[[N], str],
    count: Callable[[], Awaitable[int]] | None = None,
) -> Page[N]:
    """A page of `nodes`, read in the direction of `args`, one more than its size where the list goes on.

    `place` makes a node's cursor.
    """
    has_more = len(nodes) > args.size
    kept = list(nodes[: args.size])
    if args.is_backward:
        kept.reverse()
        return Page(
            kept, place, has_next_page=args.before is not None, has_previous_page=has_more, count=count
        )
    return Page(kept, place, has_next_page=has_more, has_previous_page=args.after is not None, count=count)


class Cursors:
    """The cursors of one list: `scope` names the list, so that those of another one are refused.

    `types` are those of its keys.
    """

    __slots__ = ("scope", "types")

    def __init__(self, scope: str, types: tuple[type, ...]) -> None:
        self.scope = scope
        self.types = types

    def at(self, *keys: Any) -> str:
        """Where a row with these keys stands."""
        return encode([self.scope, *keys])

    def keys(self, cursor: str) -> tuple[Any, ...]:
        """The keys in a cursor. Raises BadInput for what is none of this list's."""
        try:
            scope, *found = decode(cursor)
            keys = tuple(key_from(type_, key) for type_, key in zip(self.types, found, strict=True))
        except (ValueError, TypeError):
            scope, keys = None, ()
        if scope != self.scope:
            raise BadInput("This is not a cursor of this list.")
        return keys
