"""The page for operators tells the truth about settings and commands."""

import json
import re
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel

from gateway.cli import app
from gateway.transport.messages import LONGEST_ID, MOST_CURSORS
from kit.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(CROSSFADE_[A-Z_]+|DATABASE_URL)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def written(default: Any) -> str:
    """A default as the page writes it."""
    if default is None:
        return "none"
    if isinstance(default, BaseModel):
        return f"`{default.model_dump_json()}`"
    return f"`{json.dumps(default) if isinstance(default, bool | list) else default}`"


def test_every_setting_is_listed_with_its_default():
    listed = {name: default for name, default, _ in ROW.findall(PAGE)}
    declared = {
        "DATABASE_URL" if name == "database_url" else f"CROSSFADE_{name.upper()}": written(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert listed == declared


def test_every_setting_is_explained_once():
    names = [name for name, _, _ in ROW.findall(PAGE)]
    assert len(names) == len(set(names))
    assert all(meaning.strip() for _, _, meaning in ROW.findall(PAGE))


def test_every_command_is_listed():
    commands = set(typer.main.get_command(app).commands)
    assert set(re.findall(r"^\| `crossfade (\w+)` \|", PAGE, re.MULTILINE)) == commands


def test_the_limits_that_the_page_names_are_those_of_the_settings():
    ranges = {"ACCESS_TOKEN_MINUTES": "1 to 1440", "DATABASE_POOL_SIZE": "1 to 500"}
    for name, words in ranges.items():
        least, most = map(int, words.split(" to "))
        limits = {type(limit).__name__: limit for limit in Settings.model_fields[name.lower()].metadata}
        assert (limits["Ge"].ge, limits["Le"].le) == (least, most)
        assert words in next(meaning for setting, _, meaning in ROW.findall(PAGE) if setting.endswith(name))


def test_the_numbers_that_clients_are_told_are_the_defaults():
    page = (Path(__file__).parents[2] / "docs" / "transports.md").read_text(encoding="utf-8")
    default = {name: field.default for name, field in Settings.model_fields.items()}
    for name, words in {
        "max_body_bytes": "{mb:.0f} MB:",
        "operation_seconds": "has {0:.0f} s, then `TIMEOUT`",
        "receive_seconds": "has {0:.0f} s to arrive (408)",
        "compress_from_bytes": "gzip from {kib:.0f} KB",
        "heartbeat_seconds": "silent for {0:.0f} s",
        "max_subscriptions_per_socket": "{0} subscriptions at a time",
        "max_operations_per_socket": "{0} queries and mutations at a time",
        "connection_init_seconds": "{0:.0f} s for `connection_init`",
        "max_waiting_events": "at most {0:,} events",
        "max_waiting_bytes": "or {mb:.0f} MB a connection",
    }.items():
        value = default[name]
        assert words.format(value, mb=value / 1e6, kib=value / 1024) in page, name
    assert f"at most {LONGEST_ID} characters" in page
    assert f"at most {MOST_CURSORS:,})" in page
