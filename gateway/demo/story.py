"""The sample data as it is written down: invented people, and what they say in their rooms."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

PASSWORD = "crossfade-demo-1"  # noqa: S105 - published, and never put into production
NAMESPACE = UUID("5c1f0c5e-6d1e-5b6f-9a55-0c1a7f2d3e41")
"""Of the ids below: the same person has the same id in every installation."""


class Part(BaseModel):
    """A piece of a data file; a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(Part):
    """Somebody invented."""

    username: str
    name: str
    locale: str = "en"
    plan: str = "free"
    days: int
    """How long they have been here."""

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE, f"person {self.username}")

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"


class Line(Part):
    """Something said. `wait` is in minutes after the line before; so are `edited` and `deleted` after it."""

    by: str
    wait: int
    says: str
    id: str | None = None
    reply: str | None = None
    reacts: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    edited: int | None = None
    deleted: int | None = None


class Room(Part):
    """A room and all that was said in it; the last of it `ends` minutes ago."""

    is_default: bool = False
    key: str = ""
    name: str = ""
    description: str = ""
    is_private: bool = False
    slow_mode_seconds: int = 0
    owner: str = ""
    moderators: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    days: int = 0
    ends: int
    unread: Mapping[str, int] = Field(default_factory=dict)
    """How many of the last messages a person has not read; all others have read everything."""
    messages: tuple[Line, ...]

    @property
    def id(self) -> UUID:
        """Of all but the default room, which is there before."""
        return uuid5(NAMESPACE, f"room {self.key}")

    @property
    def roles(self) -> dict[str, str]:
        """Who is in the room as what. In the default room: who has spoken there."""
        if self.is_default:
            return dict.fromkeys((line.by for line in self.messages), "member")
        others = {**dict.fromkeys(self.members, "member"), **dict.fromkeys(self.moderators, "moderator")}
        return {self.owner: "owner", **others}


class Story(Part):
    """All of it."""

    people: tuple[Person, ...]
    rooms: tuple[Room, ...]


def read_story() -> Story:
    """Read the data files."""
    folder = files("gateway.demo")
    rooms = sorted(folder.joinpath("rooms").iterdir(), key=lambda file: file.name)
    people = _read(folder.joinpath("people.toml"))["people"]
    return Story.model_validate({"people": people, "rooms": [_read(room) for room in rooms]})


def _read(file: Any) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
