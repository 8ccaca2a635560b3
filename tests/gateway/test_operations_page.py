"""The page for operators tells the truth about settings and commands."""

import json
import re
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel

from gateway.cli import app
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
