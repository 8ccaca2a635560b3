"""What can happen, as the event table tells it: one frozen dataclass a kind, ids only."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar
from uuid import UUID

PROFILES = "profiles"
"""All changes of public profiles: one topic, so that a process follows people it has never met."""
SESSIONS = "sessions"
"""All sessions that ended, so that every gateway refuses their access tokens at once."""


def room_topic(room_id: UUID) -> str:
    """What happens in one room."""
    return f"room:{room_id}"


def user_topic(user_id: UUID) -> str:
    """What happens to one person."""
    return f"user:{user_id}"


@dataclass(frozen=True)
class Happening:
    """The root: `kind` is what the table stores, the fields are its payload."""

    kind: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        """As JSON."""
        return {
            name: str(value) if isinstance(value, UUID) else value for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class MessageAdded(Happening):
    """Somebody said something (`app.send_message` writes it)."""

    kind = "message_added"
    message: int


@dataclass(frozen=True)
class MessageChanged(Happening):
    """`change` is edited, deleted, reactions or replies."""

    kind = "message_changed"
    message: int
    change: str


@dataclass(frozen=True)
class RoomChanged(Happening):
    """Name, description or mode."""

    kind = "room_changed"


@dataclass(frozen=True)
class RoomDeleted(Happening):
    """The room is gone."""

    kind = "room_deleted"


@dataclass(frozen=True)
class MemberChanged(Happening):
    """`change` is joined, left or role."""

    kind = "member_changed"
    user: str
    change: str


@dataclass(frozen=True)
class ProfileChanged(Happening):
    """A name changed; on `profiles`."""

    kind = "profile_changed"
    user: str


@dataclass(frozen=True)
class SessionEnded(Happening):
    """On `sessions` and on the person's own topic."""

    kind = "session_ended"
    session: str


KINDS: dict[str, type[Happening]] = {
    each.kind: each
    for each in (
        MessageAdded,
        MessageChanged,
        RoomChanged,
        RoomDeleted,
        MemberChanged,
        ProfileChanged,
        SessionEnded,
    )
}


def happening(kind: str, payload: dict[str, Any]) -> Happening | None:
    """Read it back; None for a kind that a newer version wrote."""
    of_kind = KINDS.get(kind)
    return of_kind(**payload) if of_kind else None
