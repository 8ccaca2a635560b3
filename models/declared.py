"""All that the database holds besides tables, as statements: migrations freeze them, a check compares."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.access import ACCESS, GATEWAY, OWNER, POLICY, WORKER
from models.triggers import TRIGGERS

FUNCTIONS = Path(__file__).parent / "functions"
QUEUE = Path(__file__).parent / "pgqueuer.sql"
HEADER = re.compile(r"^-- run by: (?P<runners>[a-z_, ]+?)(?:, as: (?P<definer>[a-z_]+))?$", re.MULTILINE)
EVERYBODY = f"{OWNER}, {GATEWAY}, {WORKER}, {POLICY}"


@dataclass(frozen=True)
class Function:
    """One SQL function. Its file begins with who may run it, and as whom it runs if not as its caller."""

    name: str
    sql: str
    runners: str
    definer: str | None

    @classmethod
    def read(cls, path: Path) -> "Function":
        """Read one file of models/functions."""
        text = path.read_text(encoding="utf-8")
        header = HEADER.match(text)
        if header is None:
            raise ValueError(f"{path.name} does not begin with '-- run by: …'")
        return cls(path.stem, text[header.end() :].strip(), header["runners"], header["definer"])

    def create(self) -> Iterator[str]:
        """Create it, give it to its definer, and let its runners run it."""
        yield self.sql
        routine = f"app.{self.name}"
        if self.definer:
            yield f"alter function {routine} owner to {self.definer}"
        yield f"revoke all on function {routine} from public"
        if self.runners != "triggers":
            runners = EVERYBODY if self.runners == "everybody" else f"{self.runners}, {POLICY}"
            yield f"grant execute on function {routine} to {runners}"


def functions() -> list[Function]:
    """All functions, those of policies first: others are checked against them when they are made."""
    read = [Function.read(path) for path in sorted(FUNCTIONS.glob("*.sql"))]
    return sorted(
        read, key=lambda function: (not function.name.startswith("viewer"), function.name != "viewer")
    )


def schema_statements() -> Iterator[str]:
    """Schema `app` and who may look into it."""
    yield "create schema if not exists app"
    yield f"grant usage on schema app, public to {GATEWAY}, {WORKER}, {POLICY}"
    yield f"grant create on schema app to {POLICY}"


def access_statements() -> Iterator[str]:
    """Row security and grants of every table."""
    for access in ACCESS:
        yield f"alter table {access.table} enable row level security"
        yield f"alter table {access.table} force row level security"
        yield f"grant select, insert, update, delete on {access.table} to {WORKER}, {POLICY}"
        yield from access.grants()
        yield from access.policies()


def statements() -> Iterator[str]:
    """All of it, in an order that works on a database that has the tables."""
    yield from schema_statements()
    yield QUEUE.read_text(encoding="utf-8").strip()
    yield "set check_function_bodies = off"
    for function in functions():
        yield from function.create()
    for trigger in TRIGGERS:
        yield trigger.create()
    yield from access_statements()
    yield "reset check_function_bodies"


def function_statements(names: Sequence[str]) -> Iterator[str]:
    """The functions of these names alone."""
    for function in functions():
        if function.name in names:
            yield from function.create()


def script(*names: str) -> str:
    """All of it, or functions alone, as one script to be frozen beside a migration."""
    wanted = function_statements(names) if names else statements()
    return "".join(f"{statement.rstrip(';')};\n\n" for statement in wanted)


if __name__ == "__main__":
    sys.stdout.write(script(*sys.argv[1:]))
