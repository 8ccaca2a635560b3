"""What a nasty schema is made of: doors that stay shut, loaders that fail, scalars with moods."""

import asyncio
import enum
from dataclasses import dataclass, field
from typing import Any, NewType

import strawberry
from aiodataloader import DataLoader
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

Moody = NewType("Moody", object)
Rude = type("Rude", (Exception,), {})


def moody(value: Any) -> Any:
    if value == "never":
        return None
    if value == "refuses":
        raise ValueError("I will not be serialised")
    return {"value": value}


class Denied(BasePermission):
    message = "denied"
    error_extensions = {"code": "FORBIDDEN"}  # noqa: RUF012 - as strawberry has it

    async def has_permission(self, source, info, **kwargs):
        await asyncio.sleep(0)
        return False


class Sometimes(BasePermission):
    message = "not you"

    def has_permission(self, source, info, **kwargs):
        return source.number % 3 != 0


class Shout(FieldExtension):
    def resolve(self, next_, source, info, **kwargs):
        return str(next_(source, info, **kwargs)).upper()


class Later(FieldExtension):
    async def resolve_async(self, next_, source, info, **kwargs):
        await asyncio.sleep(0)
        return await next_(source, info, **kwargs)


@strawberry.enum
class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.enum
class Mood(enum.StrEnum):
    GOOD = "good"
    BAD = "bad"


class Owners(DataLoader):
    """Number -> owner: some are nobody, some cannot be read."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    async def batch_load_fn(self, keys):
        self.batches.append(sorted(keys))
        await asyncio.sleep(0)
        return [Rude(f"owner {key}") if key % 7 == 6 else (Owner(key) if key % 5 else None) for key in keys]


class Broken(DataLoader):
    """Never answers."""

    async def batch_load_fn(self, keys):
        await asyncio.sleep(0)
        raise Rude("the whole batch")


class Loaders:
    def __init__(self):
        self.batches = []
        self.owners = Owners(self.batches)
        self.broken = Broken()


@dataclass
class Context:
    loaders: Loaders = field(default_factory=Loaders)
    log: list[Any] = field(default_factory=list)


@dataclass
class Owner:
    number: int

    @property
    def name(self):
        return f"owner {self.number}"
