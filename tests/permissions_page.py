"""docs/permissions.md, written from the tables that the tests execute."""

from collections.abc import Iterator, Sequence

from tests.access_table import ACTORS, TABLES, rows
from tests.permissions_table import CASES

HEAD = """\
# Permissions

Generated from `tests/permissions_table.py` and `tests/access_table.py`; every cell below is executed by
`tests/schema/test_permissions.py` and `tests/models/test_access.py`. To write it anew:
`CROSSFADE_WRITE_DOCS=1 .venv/bin/python -m pytest tests/schema/test_permissions.py`.

Who asks: **nobody** (not signed in), a **stranger** (signed in, and not in the room), and who is in a room
as a **member**, **moderator** or **owner**; **muted** is a member who may not speak for now, **banned** one
who was sent away. In the default room all who are signed in are members.

## Operations

*yes*: it is done, or answered. *null*: it is not there, or not for them. Otherwise why it is refused."""

TABLES_HEAD = """\
## Tables

What the gateway's role may do in the database, whatever its code asks: row policies decide. *denied*: it has
no such right at all. *none*: it has, and no row that it holds for. Otherwise which rows: all, one's own, or
those of rooms. New rows are taken (*yes*) or *refused*. The owner of the tables, the worker and the role of
policies may do everything with every row; nobody signs in as the first and the last of them."""


def page() -> str:
    """All of it."""
    return "\n".join([*operations(), "", *tables(), ""])


def operations() -> Iterator[str]:
    """GraphQL operation by who may."""
    yield HEAD
    for title, cases in CASES.items():
        yield from ("", f"### {title}", "")
        yield from head("operation", "of what")
        for case in cases:
            yield line([f"`{case.field}`", case.of, *(shown(cell) for cell in case.expected.values())])


def tables() -> Iterator[str]:
    """Table by command by who may."""
    yield from (TABLES_HEAD, "")
    yield from head("table", "may")
    for table in TABLES:
        for command, what, cells in rows(table):
            done = f"{command} {what}".strip()
            yield line([f"`{table}`", done, *cells.values()])


def head(*columns: str) -> Iterator[str]:
    """The first two lines of a table."""
    yield line([*columns, *ACTORS])
    yield line(["---"] * (len(columns) + len(ACTORS)))


def line(cells: Sequence[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


def shown(cell: str) -> str:
    """Codes look like codes, lists have blanks."""
    return f"`{cell}`" if cell.isupper() else cell.replace(",", ", ")
