"""Lists in the order of their keys, a page at a time from either end, for one parent or for many at once."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    any_,
    column,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from kit.db import Lease
from kit.pages import Cursors, Page, PageArgs, page_of
from kit.statements import Record, Statement, param

R = TypeVar("R", bound=Record)
Shape = tuple[bool, bool, bool]
"""Backward, after a cursor, before a cursor: each its own statement, so that each has its own plan."""


class Keyset(Generic[R]):
    """One ordered list. `keys` are columns of `rows`, by the names under which the rows carry them.

    All keys run in one direction, and together they are unique. With `parent`, a column of `rows`, many
    parents' pages are read by one statement, each by its own index range.
    """

    def __init__(
        self,
        rows: Select[Any],
        row: type[R],
        keys: Mapping[str, tuple[ColumnElement[Any], TypeEngine[Any], type]],
        *,
        is_descending: bool = False,
        parent: tuple[ColumnElement[Any], TypeEngine[Any]] | None = None,
    ) -> None:
        self._rows = rows
        self._row = row
        self._keys = keys
        self._types = tuple(python for _, _, python in keys.values())
        self._is_descending = is_descending
        self._parent = parent
        self._statements: dict[Shape, Statement[R]] = {}
        self._count: Statement[Record] | None = None

    def cursors(self, scope: str) -> Cursors:
        """The cursors of the list of that name."""
        return Cursors(scope, self._types)

    async def page(
        self,
        lease: Lease,
        scope: str,
        args: PageArgs,
        count: Callable[[], Awaitable[int]] | None = None,
        **values: Any,
    ) -> Page[R]:
        """One page of the only list there is."""
        cursors = self.cursors(scope)
        rows = await lease.fetch(self._statement(args), **self._bounds(cursors, args), **values)
        return page_of(rows, args, self.cursor(cursors), count)

    async def rows_by_parent(
        self, lease: Lease, parents: Sequence[Any], args: PageArgs, cursors: Cursors, **values: Any
    ) -> dict[Any, list[R]]:
        """A page's rows for each of many parents, one more than its size where the list goes on."""
        bounds = self._bounds(cursors, args)
        rows = await lease.fetch(self._statement(args), parents=parents, **bounds, **values)
        found: defaultdict[Any, list[R]] = defaultdict(list)
        if len(parents) == 1:
            found[parents[0]] = rows
            return found
        for row in rows:
            found[row["parent_key"]].append(row)
        return found

    async def count(self, lease: Lease, **values: Any) -> int:
        """How long the only list is."""
        statement = self._counting(select(func.count().label("number")).select_from(self._rows.subquery()))
        row = await lease.fetchrow(statement, **values)
        return row["number"] if row else 0

    async def counts(self, lease: Lease, parents: Sequence[Any], **values: Any) -> dict[Any, int]:
        """How long the lists of many parents are; those of length 0 are left out."""
        assert self._parent is not None  # noqa: S101 - a list of one has `count`
        column_, type_ = self._parent
        rows = self._rows.with_only_columns(column_.label("key"), func.count().label("number"))
        statement = self._counting(
            rows.where(column_ == any_(param("parents", ARRAY(type_)))).group_by(column_)
        )
        found = await lease.fetch(statement, parents=parents, **values)
        return {row["key"]: row["number"] for row in found}

    def _counting(self, rows: Select[Any]) -> Statement[Record]:
        if self._count is None:
            self._count = Statement(rows, Record)
        return self._count

    def cursor(self, cursors: Cursors) -> Callable[[R], str]:
        """What makes a row's cursor."""
        names = tuple(self._keys)
        if len(names) == 1:
            (name,) = names
            return lambda row: cursors.at(row[name])
        keys_of = itemgetter(*names)
        return lambda row: cursors.at(*keys_of(row))

    def _bounds(self, cursors: Cursors, args: PageArgs) -> dict[str, Any]:
        bounds: dict[str, Any] = {"most": args.size + 1}
        for side, cursor in (("after", args.after), ("before", args.before)):
            if cursor is not None:
                bounds |= {
                    f"{side}_{name}": key for name, key in zip(self._keys, cursors.keys(cursor), strict=True)
                }
        return bounds

    def _statement(self, args: PageArgs) -> Statement[R]:
        shape = (args.is_backward, args.after is not None, args.before is not None)
        if shape not in self._statements:
            self._statements[shape] = self._compile(*shape)
        return self._statements[shape]

    def _compile(self, is_backward: bool, has_after: bool, has_before: bool) -> Statement[R]:
        columns = [column_ for column_, _, _ in self._keys.values()]
        rows = self._rows
        if has_after:
            rows = rows.where(self._beyond("after", greater=not self._is_descending))
        if has_before:
            rows = rows.where(self._beyond("before", greater=self._is_descending))
        runs_down = self._is_descending != is_backward
        rows = rows.order_by(*(key.desc() if runs_down else key.asc() for key in columns))
        rows = rows.limit(param("most", Integer()))
        if self._parent is not None:
            rows = self._for_each_parent(rows, runs_down, *self._parent)
        return Statement(rows, self._row)

    def _beyond(self, side: str, *, greater: bool) -> ColumnElement[bool]:
        here = tuple_(*(column_ for column_, _, _ in self._keys.values()))
        there = tuple_(*(param(f"{side}_{name}", _sent(type_)) for name, (_, type_, _) in self._keys.items()))
        return and_(here > there if greater else here < there)

    def _for_each_parent(
        self, rows: Select[Any], runs_down: bool, parent: ColumnElement[Any], type_: TypeEngine[Any]
    ) -> Select[Any]:
        parents = (
            func.unnest(param("parents", ARRAY(type_)))
            .table_valued(column("parent_key", type_), name="parents")
            .render_derived()
        )
        inner = rows.where(parent == parents.c.parent_key).lateral("rows")
        order = (inner.c[name] for name in self._keys)
        return (
            select(parents.c.parent_key, *inner.c)
            .select_from(parents.join(inner, true()))
            .order_by(*(key.desc() if runs_down else key.asc() for key in order))
        )


def _sent(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """A forged cursor may hold a number that no smaller type can be sent."""
    return BigInteger() if isinstance(type_, Integer) else type_
