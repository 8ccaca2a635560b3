"""The command line: `crossfade up`, and what it is made of."""

from importlib import import_module
from typing import Annotated

import typer

from gateway.cluster import EmbeddedError
from gateway.databases import DatabaseError
from gateway.holding import HeldError
from gateway.listening import ListenError
from kit.settings import SettingsError, load_settings

app = typer.Typer(
    help="A GraphQL gateway for social music. Settings: docs/operations.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WRONG_SETTINGS = 2


def start(module: str, function: str = "main", **options: object) -> None:
    """Run a command, say in one line why it cannot run, and exit.

    Its module is imported now: the gateway takes a second, and `up`, which starts it, must not take that too.
    """
    try:
        settings = load_settings()
        code = getattr(import_module(f"gateway.commands.{module}"), function)(settings, **options)
    except SettingsError as error:
        raise _failure(error, WRONG_SETTINGS) from None
    except (DatabaseError, EmbeddedError, HeldError, ListenError) as error:
        raise _failure(error, 1) from None
    raise typer.Exit(code)


def _failure(error: Exception, code: int) -> typer.Exit:
    typer.echo(f"crossfade: {' '.join(str(error).split())}", err=True)
    return typer.Exit(code)


@app.command()
def up() -> None:
    """Start database, gateway and worker; Ctrl-C stops them."""
    start("up")


@app.command()
def serve(supervised_socket: Annotated[int | None, typer.Option(hidden=True)] = None) -> None:
    """Start a gateway alone, on a database that is there."""
    start("serve", supervised_socket=supervised_socket)


@app.command()
def worker(*, supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False) -> None:
    """Start a worker alone, on a database that is there."""
    start("work", is_supervised=supervised)


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    start("data", "migrate")


@app.command()
def demo() -> None:
    """Add the sample people with their rooms; not in production."""
    start("data", "demo")


@app.command()
def sdl(
    *, check: Annotated[bool, typer.Option("--check", help="Compare with schema/schema.graphql.")] = False
) -> None:
    """Print the schema."""
    start("sdl", is_check=check)


@app.command()
def doctor() -> None:
    """Say what is wrong here, and what to do."""
    start("doctor")


if __name__ == "__main__":
    app()
