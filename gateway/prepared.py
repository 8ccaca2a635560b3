"""What the preparation of a database came to; apart from its code, which takes long to import."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Sample:
    """The sample people in the database, and a token of the first one."""

    email: str
    name: str
    password: str
    others: tuple[str, ...]
    """User names."""
    token: str
    token_ends_at: datetime


@dataclass(frozen=True)
class Prepared:
    """What was found and done."""

    revision: str
    is_migrated: bool
    """Just now."""
    added: str | None
    """What sample data was added just now, in words."""
    sample: Sample | None
