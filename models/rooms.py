"""Rooms, who is in them, and what was said there."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Integer, LargeBinary, PrimaryKeyConstraint, text
from sqlalchemy import CheckConstraint as Check
from sqlmodel import Field

from kit.statements import Record
from models.base import Row, defaulted, instant, new_id, pg_enum, refers_to


class RoomRole(StrEnum):
    """What a member may do."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"


class NotifyLevel(StrEnum):
    """What counts as unread."""

    ALL = "all"
    MENTIONS = "mentions"
    NOTHING = "nothing"


class ChatRoom(Row, table=True):
    """A place to talk about music."""

    __tablename__ = "chat_rooms"
    __table_args__ = (
        Check("char_length(name) between 1 and 80", name="name_length"),
        Check("char_length(description) between 1 and 500", name="description_length"),
        Check("slow_mode_seconds between 0 and 21600", name="slow_mode_range"),
        Check("not (is_default_room and is_private)", name="default_is_public"),
        Index(
            "uq_chat_rooms_default", "is_default_room", unique=True, postgresql_where=text("is_default_room")
        ),
        Index("ix_chat_rooms_latest", "last_message_id", "id"),
        Index("ix_chat_rooms_name", text("lower(name)"), "id"),
        Index("ix_chat_rooms_created_at", "created_at", "id"),
        Index("ix_chat_rooms_created_by", "created_by"),
        Index(
            "ix_chat_rooms_words",
            # As PostgreSQL writes it, so that alembic finds nothing to change.
            text(
                "to_tsvector('simple'::regconfig,"
                " (name::text || ' '::text) || COALESCE(description, ''::character varying)::text)"
            ),
            postgresql_using="gin",
        ),
    )
    id: UUID = new_id()
    name: str
    description: str | None = None
    is_default_room: bool = defaulted("false")
    is_private: bool = defaulted("false")
    slow_mode_seconds: int = defaulted("0", Integer)
    created_by: UUID | None = refers_to("users.id", on_delete="SET NULL", nullable=True)
    member_count: int = defaulted("0")
    """Kept by triggers; the default room counts all people."""
    last_message_id: int = defaulted("0", BigInteger)
    """Kept by a trigger; 0 before the first."""
    created_at: datetime = instant(default_now=True)
    updated_at: datetime = instant(default_now=True)


class RoomMember(Row, table=True):
    """One person in one room. In the default room only who spoke, read or set something has a row."""

    __tablename__ = "room_members"
    __table_args__ = (
        PrimaryKeyConstraint("room_id", "user_id"),
        Index("ix_room_members_user_id", "user_id", "room_id"),
    )
    room_id: UUID = refers_to("chat_rooms.id", on_delete="CASCADE")
    user_id: UUID = refers_to("users.id", on_delete="CASCADE")
    role: RoomRole = defaulted("'member'", pg_enum(RoomRole, "room_role"))
    last_read_message_id: int = defaulted("0", BigInteger)
    notify: NotifyLevel = defaulted("'all'", pg_enum(NotifyLevel, "notify_level"))
    muted_until: datetime | None = instant(nullable=True)
    last_posted_at: datetime | None = instant(nullable=True)
    """For slow mode; the row's lock makes it exact."""
    joined_at: datetime = instant(default_now=True)


class RoomBan(Row, table=True):
    """A person who may not come in."""

    __tablename__ = "room_bans"
    __table_args__ = (
        Check("char_length(reason) between 1 and 500", name="reason_length"),
        Index("uq_room_bans_room_id_user_id", "room_id", "user_id", unique=True),
        Index("ix_room_bans_user_id", "user_id"),
    )
    id: UUID = new_id()
    room_id: UUID = refers_to("chat_rooms.id", on_delete="CASCADE")
    user_id: UUID = refers_to("users.id", on_delete="CASCADE")
    banned_by: UUID | None = refers_to("users.id", on_delete="SET NULL", nullable=True)
    reason: str | None = None
    expires_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant(default_now=True)


class ChatMessage(Row, table=True):
    """Something said, or the tombstone of it: then its words are gone."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        Check("char_length(content) between 1 and 5000", name="content_length"),
        Check("(content is null) = (deleted_at is not null)", name="tombstone_has_no_words"),
        Index("uq_chat_messages_user_id_client_key", "user_id", "client_key", unique=True),
        Index("ix_chat_messages_room_id", "room_id", "id"),
        Index(
            "ix_chat_messages_reply_to_id", "reply_to_id", postgresql_where=text("reply_to_id is not null")
        ),
        Index("ix_chat_messages_deleted_by", "deleted_by", postgresql_where=text("deleted_by is not null")),
    )
    id: int = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)]
    )
    room_id: UUID = refers_to("chat_rooms.id", on_delete="CASCADE")
    user_id: UUID | None = refers_to("users.id", on_delete="SET NULL", nullable=True)
    content: str | None = None
    client_key: UUID
    input_hash: bytes = Field(sa_type=LargeBinary)
    reply_to_id: int | None = Field(
        default=None, sa_type=BigInteger, foreign_key="chat_messages.id", ondelete="SET NULL", nullable=True
    )
    edited_at: datetime | None = instant(nullable=True)
    deleted_at: datetime | None = instant(nullable=True)
    deleted_by: UUID | None = refers_to("users.id", on_delete="SET NULL", nullable=True)
    created_at: datetime = instant(default_now=True)


class MessageReaction(Row, table=True):
    """One emoji of one person under one message. The room is repeated so that its policy needs no join."""

    __tablename__ = "message_reactions"
    __table_args__ = (
        PrimaryKeyConstraint("message_id", "user_id", "emoji"),
        Check("char_length(emoji) between 1 and 32", name="emoji_length"),
        Index("ix_message_reactions_user_id", "user_id"),
    )
    message_id: int = Field(sa_type=BigInteger, foreign_key="chat_messages.id", ondelete="CASCADE")
    user_id: UUID = refers_to("users.id", on_delete="CASCADE")
    emoji: str
    room_id: UUID
    created_at: datetime = instant(default_now=True)


class RoomRow(Record):
    """A room."""

    id: UUID
    name: str
    description: str | None
    is_default_room: bool
    is_private: bool
    slow_mode_seconds: int
    created_by: UUID | None
    member_count: int
    last_message_id: int
    created_at: datetime


class MemberRow(Record):
    """One person in one room."""

    room_id: UUID
    user_id: UUID
    role: str
    last_read_message_id: int
    notify: str
    muted_until: datetime | None
    last_posted_at: datetime | None
    joined_at: datetime


class MessageRow(Record):
    """A message, or its tombstone."""

    id: int
    room_id: UUID
    user_id: UUID | None
    content: str | None
    client_key: UUID
    reply_to_id: int | None
    edited_at: datetime | None
    deleted_at: datetime | None
    deleted_by: UUID | None
    created_at: datetime


class SentRow(MessageRow):
    """What sending came to, with the message where it was sent, now or before."""

    outcome: str
    retry_at: datetime | None
    topic: str | None
    seq: int | None


class ReactionRow(Record):
    """One emoji under one message, and how many chose it."""

    message_id: int
    emoji: str
    count: int
