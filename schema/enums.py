"""The domains' enums as the contract has them."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

import strawberry

E = TypeVar("E", bound=type[Enum])


def described(enum: E, description: str, values: Mapping[str, str], *, name: str | None = None) -> E:
    """A domain's enum as the contract has it, with a description for each value."""
    made = strawberry.enum(enum, name=name, description=description)
    for value in made.__strawberry_definition__.values:  # type: ignore[attr-defined]  # strawberry put it there
        value.description = values[value.name]
    return made
