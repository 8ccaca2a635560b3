"""`crossfade sdl`: the schema as clients see it, and whether the committed one is the same."""

from difflib import unified_diff
from pathlib import Path

import typer

from kit.settings import Settings
from schema.root import build_schema

COMMITTED = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"


def main(settings: Settings, *, is_check: bool, committed: Path = COMMITTED) -> int:
    """Print it; or, to check, print how it differs from the committed file (the exit code is then 1)."""
    served = build_schema(settings, is_sorted=True).as_str() + "\n"
    if not is_check:
        typer.echo(served, nl=False)
        return 0
    kept = committed.read_text(encoding="utf-8") if committed.exists() else ""
    lines = unified_diff(kept.splitlines(), served.splitlines(), committed.name, "served", lineterm="")
    difference = "\n".join(lines)
    if difference:
        typer.echo(difference)
        typer.echo("The schema has changed. `crossfade sdl > schema/schema.graphql` accepts it.", err=True)
    return 1 if difference else 0
