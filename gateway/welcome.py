"""What `crossfade up` prints: which database, whom to sign in as, and where."""

from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import typer

from gateway.prepared import Prepared, Sample
from kit.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "ide" / "dist" / "index.html"


def say(line: str, *, is_error: bool = False) -> None:
    """Print a line; a terminal that is gone must not keep us from stopping in order."""
    with suppress(OSError):
        typer.echo(line, err=is_error)


def row(name: str, said: str) -> None:
    """A line of the table."""
    say(f"  {name:<10}{said}")


def say_title() -> None:
    """The first line."""
    say(f"Crossfade {version('crossfade')}")


def say_prepared(prepared: Prepared) -> None:
    """What was found in the database, or put there."""
    if prepared.is_migrated:
        row("tables", f"made or changed; now at revision {prepared.revision}")
    if prepared.added is not None:
        row("sample", f"{prepared.added}, all invented")


def say_ready(settings: Settings, prepared: Prepared, address: str, seconds: float) -> None:
    """The last lines: everything that one needs to begin."""
    address = (settings.public_url or address).rstrip("/")
    say("")
    if settings.is_graphiql_on and PAGE.is_file():
        row("GraphiQL", typer.style(f"{address}/graphql", bold=True))
    else:
        row("GraphQL", typer.style(f"{address}/graphql", bold=True))
        if settings.is_graphiql_on:
            row("", "for its page GraphiQL: .venv/bin/python -m gateway.ide install")
    if prepared.sample is not None:
        _say_people(prepared.sample)
    say("")
    say(f"Ready after {seconds:.1f} s. Ctrl-C stops gateway, worker and database.")


def _say_people(sample: Sample) -> None:
    row("sign in", f"{sample.email}, password {sample.password}")
    row("", f"(so can {', '.join(sample.others)})")
    row("token", f'{{ "Authorization": "Bearer {sample.token}" }}')
    row("", f"{sample.name}'s, for GraphiQL's Headers; good until {sample.token_ends_at:%d %b, %H:%M} UTC")
