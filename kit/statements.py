"""SQLAlchemy declares a statement, asyncpg runs it: compiled once to SQL and ordered parameters."""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import asyncpg
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ClauseElement,
    CollectionAggregate,
    FunctionElement,
    any_,
    bindparam,
    column,
    select,
)
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

DIALECT = asyncpg_dialect.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Record(asyncpg.Record):
    """A row as the driver made it; columns are attributes. Subclasses say which columns there are."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


R = TypeVar("R", bound=Record)


class Statement(Generic[R]):
    """One statement, compiled once. `row` is the class of its rows.

    Values that stand in the statement are bound as SQLAlchemy would; named parameters (`bindparam`) are
    given at each call and must already be what the driver takes. A missing one is a KeyError.
    """

    def __init__(self, clause: ClauseElement, row: type[R]) -> None:
        compiled = clause.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what compile() of a statement gives
        self.sql = compiled.string
        self.row = row
        self._names: list[str] = list(compiled.positiontup or ())
        self._fixed = {
            name: _bound(compiled, name, value)
            for name, value in compiled.params.items()
            if not compiled.binds[name].required
        }

    def args(self, values: dict[str, Any]) -> list[Any]:
        """Parameters in the order of the statement."""
        fixed = self._fixed
        if not fixed:
            return [values[name] for name in self._names]
        return [values[name] if name in values else fixed[name] for name in self._names]


class Call(Statement[R]):
    """A call of a function that is a whole transaction; `Database.call` runs it, outside of any.

    Its first parameter is `viewer`, who asks: it sets `app.viewer` to them first, for its own length.
    `columns` are those of its one row.
    """

    def __init__(self, function: FunctionElement[Any], columns: Iterable[str], row: type[R]) -> None:
        columns = tuple(columns)
        super().__init__(
            select(*(column(name) for name in columns)).select_from(function.table_valued(*columns)), row
        )
        if self._names[0] != "viewer":
            raise ValueError("The first parameter of a call is who asks.")


def _bound(compiled: SQLCompiler, name: str, value: Any) -> Any:
    processor = compiled._bind_processors.get(name)  # noqa: SLF001 - pinned, and tested (test_statements)
    return value if processor is None or value is None else processor(value)  # type: ignore[operator]


def keys(name: str, type_: type[TypeEngine[Any]] | TypeEngine[Any]) -> CollectionAggregate[Any]:
    """`= any($n)` over an array parameter: an expanding IN cannot be compiled once."""
    return any_(bindparam(name, type_=ARRAY(type_)))


def param(name: str, type_: type[TypeEngine[Any]] | TypeEngine[Any]) -> BindParameter[Any]:
    """A typed parameter; an untyped one would be sent as text."""
    return bindparam(name, type_=type_)


def by_key(rows: Iterable[R], column: str) -> dict[Any, R]:
    """Rows by the value of one column."""
    return {row[column]: row for row in rows}
