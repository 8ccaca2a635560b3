"""Pages of lists: opaque cursors that hold the keys of a row, and what of a list a caller asks for."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
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


def encode(value: Any) -> str:
    """Base64url without padding of compact JSON; what JSON has no form for, as text."""
    return urlsafe_b64encode(orjson.dumps(value, default=str)).rstrip(b"=").decode()


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


@dataclass(frozen=True, slots=True)
class Edge(Generic[N]):
    """An item and where it stands."""

    cursor: str
    node: N


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[N]):
    """A page of a list, in the order of the list whichever end it was read from."""

    edges: list[Edge[N]]
    page_info: PageInfo
    count: Callable[[], Awaitable[int]] | None = None

    @property
    def nodes(self) -> list[N]:
        """The items."""
        return [edge.node for edge in self.edges]


def page_of(
    nodes: Sequence[N],
    args: PageArgs,
    cursor: Callable[[N], str],
    count: Callable[[], Awaitable[int]] | None = None,
) -> Page[N]:
    """A page of `nodes`, read in the direction of `args`, one more than its size where the list goes on."""
    has_more = len(nodes) > args.size
    kept = list(nodes[: args.size])
    if args.is_backward:
        kept.reverse()
    edges = [Edge(cursor(node), node) for node in kept]
    info = PageInfo(
        has_next_page=args.before is not None if args.is_backward else has_more,
        has_previous_page=has_more if args.is_backward else args.after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Page(edges, info, count)


@dataclass(frozen=True)
class Cursors:
    """The cursors of one list: `scope` names the list, so that those of another one are refused."""

    scope: str
    types: tuple[type, ...]

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
