"""`crossfade doctor`: what is wrong, in words, and what to do about it."""

import asyncio
import os
from pathlib import Path

import typer

from gateway.checks import examine, given_settings
from kit.settings import Settings


def main(settings: Settings) -> int:
    """Say what was found; the exit code is 1 where something is wrong."""
    findings = asyncio.run(examine(settings, given_settings(os.environ, Path())))
    good, bad = typer.style("ok   ", fg="green"), typer.style("WRONG", fg="red", bold=True)
    for finding in findings:
        typer.echo(f"{good if finding.is_good else bad}  {finding.thing:<12} {finding.sentence}")
    return 0 if all(finding.is_good for finding in findings) else 1
