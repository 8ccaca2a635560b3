"""The words of rooms."""

from enum import StrEnum

from models.rooms import NotifyLevel, RoomRole
from schema.enums import described


class RoomOrder(StrEnum):
    """In which order."""

    LATEST_MESSAGE = "latest_message"
    NAME = "name"
    NEWEST = "newest"


class MessageChange(StrEnum):
    """What about a message."""

    EDITED = "edited"
    DELETED = "deleted"
    REACTIONS = "reactions"
    REPLIES = "replies"


class MemberChange(StrEnum):
    """What about a member."""

    JOINED = "joined"
    LEFT = "left"
    ROLE = "role"
    PROFILE = "profile"


described(
    RoomRole,
    "What a member may do.",
    {"OWNER": "Everything.", "MODERATOR": "Keep order.", "MEMBER": "Take part."},
)
described(
    NotifyLevel,
    "What counts as unread.",
    {"ALL": "Every message.", "MENTIONS": "Only those that name me.", "NOTHING": "None."},
)
described(
    RoomOrder,
    "In which order.",
    {"LATEST_MESSAGE": "Latest message first.", "NAME": "By name.", "NEWEST": "Newest room first."},
)
described(
    MessageChange,
    "What about it.",
    {
        "EDITED": "Its words.",
        "DELETED": "It became a tombstone.",
        "REACTIONS": "Its reactions.",
        "REPLIES": "The number of answers.",
    },
)
described(
    MemberChange,
    "What about a member.",
    {"JOINED": "Came.", "LEFT": "Went, or was sent.", "ROLE": "Other rights.", "PROFILE": "Other name."},
)

__all__ = ["MemberChange", "MessageChange", "NotifyLevel", "RoomOrder", "RoomRole"]
