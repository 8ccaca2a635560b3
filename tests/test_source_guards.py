"""What must hold for every line that is written, now and later."""

import ast
import gc
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Enum

import models
import resolvers
from kit.statements import Call, Statement
from models.base import Row
from models.declared import FUNCTIONS

ROOT = Path(__file__).parent.parent
FLOORS = ("executor", "gateway", "kit", "models", "resolvers", "schema", "services")
CALLED = re.compile(r"\bapp\.(\w+)\(")
SEMAPHORES = {"self._places.acquire"}
SESSION_FUNCTION = re.compile(r"pg_(?:try_)?advisory_(?:un)?lock|set_config|pg_notify")
SESSION_STATE = re.compile(
    r"""(?:^|;)\s*(?:
        (?:set|SET)\s+(?:(?:local|session|LOCAL|SESSION)\s+)?[\w.]+\s*(?:=|to\b|TO\b)
      | (?:set|SET)\s+(?:local\s+|LOCAL\s+)?(?:role|session|ROLE|SESSION)\b
      | (?:reset|RESET|discard|DISCARD|listen|LISTEN|unlisten|UNLISTEN|notify|NOTIFY)\s+[\w*"]
    ) | set_config\s*\( | pg_notify\s*\( | pg_(?:try_)?advisory_(?:un)?lock(?:_all|_shared)?\s*\(""",
    re.VERBOSE,
)
WHOLE = {"mark_read", "send_message"}
"""Functions that are whole transactions: one statement each, sent by `Database.call` outside of any other."""
SAYS_WHO = "\nbegin\n  done := set_config('app.viewer', coalesce(viewer::text, ''), true);\n"
MIGRATIONS = {
    "gateway/databases.py",
    "gateway/drift.py",
    "gateway/migrations.py",
    "models/declared.py",
}
"""Have a connection of their own that ends with them, or write what a migration freezes."""


@cache
def sources() -> dict[str, ast.Module]:
    paths = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def calls(*names: str) -> list[tuple[str, int, str]]:
    """Where and how a function or method of that name is called."""
    found = []
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
                found += [(path, node.lineno, ast.unparse(node.func))] if called in names else []
    return found


def texts(tree: ast.Module) -> Iterator[ast.Constant]:
    """String constants that are no docstrings."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node


def test_the_pool_is_asked_for_connections_in_one_file_only():
    asked = [(path, how) for path, _, how in calls("acquire") if how not in SEMAPHORES]
    assert {path for path, _ in asked} == {"kit/db.py"}
    assert {path for path, _, _ in calls("create_pool")} == {"kit/db.py"}


def test_the_state_of_a_database_session_is_changed_in_the_kit_only():
    wrong = [
        f"{path}:{text.lineno}"
        for path, tree in sources().items()
        for text in texts(tree)
        if not path.startswith("kit/") and path not in MIGRATIONS and SESSION_STATE.search(text.value)
    ]
    wrong += [f"{path}:{line}" for path, line, _ in calls("add_listener") if not path.startswith("kit/")]
    wrong += [
        name
        for name, sql in written_in_sql().items()
        if SESSION_FUNCTION.search(sql.replace(SAYS_WHO, "", 1) if name in WHOLE else sql)
    ]
    assert wrong == []


def written_in_sql() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in FUNCTIONS.glob("*.sql")}


def test_a_function_that_is_a_whole_transaction_says_who_asks_before_all_else():
    for name in WHOLE:
        before, says, _ = written_in_sql()[name].partition(SAYS_WHO)
        assert says, name
        assert f"function app.{name}(\n  viewer uuid, " in before
        assert "app.viewer" not in before


def test_functions_that_are_whole_transactions_are_called_as_such_and_no_others_are():
    for module in pkgutil.walk_packages(resolvers.__path__, "resolvers."):
        import_module(module.name)
    sent = [thing for thing in gc.get_objects() if isinstance(thing, Statement)]
    called = {name for each in sent if isinstance(each, Call) for name in CALLED.findall(each.sql)}
    assert called & written_in_sql().keys() == WHOLE
    others = {name for each in sent if not isinstance(each, Call) for name in CALLED.findall(each.sql)}
    assert others & WHOLE == set()
    inside = {name for sql in written_in_sql().values() for name in CALLED.findall(sql.partition("$$")[2])}
    assert inside & WHOLE == set()
    assert {path for path, _, how in calls("call") if "database" in how} == {"resolvers/context.py"}


@pytest.mark.parametrize(
    "statement",
    [
        "set app.viewer = 'x'",
        "begin; set local app.viewer = ''",
        "SET ROLE crossfade_owner",
        "reset all",
        "listen crossfade",
        "LISTEN crossfade",
        "notify crossfade",
        "discard all",
        "set statement_timeout to 5",
        "set session authorization x",
        "select set_config('app.viewer', $1, false)",
        "select pg_notify('x', '')",
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_lock(1)",
        "select pg_advisory_unlock_all()",
    ],
)
def test_the_guard_knows_what_changes_the_state_of_a_session(statement):
    assert SESSION_STATE.search(statement)


@pytest.mark.parametrize(
    "harmless",
    [
        "update users set username = $1",
        "select pg_advisory_xact_lock(1)",
        "Set it to what you like.",
        "Listen to it.",
        "on conflict do update set a = 1",
    ],
)
def test_the_guard_lets_other_words_pass(harmless):
    assert not SESSION_STATE.search(harmless)


def test_only_the_command_line_prints():
    assert [path for path, _, _ in calls("print") if not path.startswith("gateway/cli")] == []


def test_enums_of_the_database_hold_values_and_are_made_by_one_helper():
    makers = [
        f"{path}:{node.lineno}"
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("sqlalchemy")
        and {"Enum", "ENUM"} & {alias.name for alias in node.names}
    ]
    assert [maker.split(":")[0] for maker in makers] == ["models/base.py"]
    for module in pkgutil.iter_modules(models.__path__, "models."):
        import_module(module.name)
    columns = [column for table in Row.metadata.tables.values() for column in table.c]
    enums = [column for column in columns if isinstance(column.type, Enum)]
    assert [c.name for c in enums if c.type.enums != [member.value for member in c.type.enum_class]] == []
    assert len(enums) >= 3


def test_no_resolver_expands_a_list_into_its_statement():
    """`in_` compiles anew for each length; `kit.statements.keys` does not."""
    assert [call for call in calls("in_", "not_in", "notin_") if call[0].startswith("resolvers/")] == []
