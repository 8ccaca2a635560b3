"""Rules of rooms: what names and messages may be, and what a search means."""

import hashlib
import re
from datetime import datetime, timedelta
from uuid import UUID

from kit.clock import now
from kit.errors import Problem, ProblemCode
from kit.text import clean_line, clean_text
from models.rooms import MemberRow, RoomRole, RoomRow

NAME = (1, 80)
DESCRIPTION = (1, 500)
SLOW_MODE = (0, 21_600)
MODERATORS = {RoomRole.OWNER, RoomRole.MODERATOR}
MOST_REACTIONS = 20
"""Different emoji under one message."""


def room_name(text: str) -> str:
    """A name that may be shown. Raises Problem."""
    return clean_line(text, "name", *NAME)


def room_description(text: str | None) -> str | None:
    """A description, or None for none. Raises Problem."""
    return clean_text(text.strip(), "description", *DESCRIPTION) if text and text.strip() else None


def slow_mode(seconds: int) -> int:
    """Seconds between two messages of one person. Raises Problem."""
    least, most = SLOW_MODE
    if not least <= seconds <= most:
        raise Problem(
            ProblemCode.OUT_OF_RANGE,
            f"Slow mode is {least} to {most} seconds.",
            field=["slowModeSeconds"],
            min=least,
            max=most,
        )
    return seconds


def input_hash(*parts: object) -> bytes:
    """What an input said, so that a clientKey used for something else is noticed."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


def search_query(text: str) -> str | None:
    """A tsquery: all words, the last one perhaps unfinished. None where there is no word."""
    words = re.findall(r"\w+", text.lower())[:10]
    return " & ".join(f"'{word}'" for word in words) + ":*" if words else None


def may_moderate(member: MemberRow | None) -> bool:
    """Whether they keep order."""
    return member is not None and member.role in MODERATORS


def speaks_again_at(room: RoomRow, member: MemberRow) -> datetime | None:
    """When a member may post; None is now. As `app.send_message` decides."""
    moments = [member.muted_until]
    if member.last_posted_at and room.slow_mode_seconds and not may_moderate(member):
        moments.append(member.last_posted_at + timedelta(seconds=room.slow_mode_seconds))
    later = [moment for moment in moments if moment is not None and moment > now()]
    return max(later, default=None)


def may_edit_message(author: UUID | None, deleted_at: datetime | None, viewer: UUID | None) -> bool:
    """One's own, while it stands."""
    return viewer is not None and author == viewer and deleted_at is None
