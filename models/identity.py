"""People: what all may see of them, what only they may, and how they prove who they are."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Double,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    literal_column,
    text,
)
from sqlalchemy import CheckConstraint as Check
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from kit.statements import Record
from models.base import Row, defaulted, instant, new_id, pg_enum, refers_to


class Plan(StrEnum):
    """What a person pays for."""

    FREE = "free"
    PRO = "pro"


class User(Row, table=True):
    """The public columns of a person."""

    __tablename__ = "users"
    __table_args__ = (
        Check("char_length(username) between 3 and 50", name="username_length"),
        Check("char_length(display_name) between 1 and 80", name="display_name_length"),
        Index("uq_users_username_key", "username_key", unique=True),
        Index(
            "ix_users_username_key_prefix",
            "username_key",
            postgresql_ops={"username_key": "text_pattern_ops"},
        ),
        Index(
            "ix_users_display_name_prefix",
            literal_column("lower(display_name)").label("lowered"),
            postgresql_ops={"lowered": "text_pattern_ops"},
        ),
    )
    id: UUID = new_id()
    username: str
    username_key: str
    display_name: str | None = None
    created_at: datetime = instant(default_now=True)
    updated_at: datetime = instant(default_now=True)


class Account(Row, table=True):
    """What only the person may read."""

    __tablename__ = "accounts"
    __table_args__ = (
        Check("char_length(email) <= 254", name="email_length"),
        Index("uq_accounts_email", text("lower(email)"), unique=True),
        Index("uq_accounts_stripe_customer_id", "stripe_customer_id", unique=True),
        Index("uq_accounts_spotify_user_id", "spotify_user_id", unique=True),
    )
    user_id: UUID = refers_to("users.id", on_delete="CASCADE", primary_key=True)
    email: str | None = None
    email_verified_at: datetime | None = instant(nullable=True)
    has_password: bool = defaulted("false")
    locale: str = defaulted("'en'")
    plan: Plan = defaulted("'free'", pg_enum(Plan, "plan_type"))
    plan_event_at: datetime | None = instant(nullable=True)
    stripe_customer_id: str | None = None
    spotify_user_id: str | None = None
    onboarding_completed: bool = defaulted("false")
    default_room_seen_id: int = defaulted("0", BigInteger)
    """The newest message of the default room when the account was made: unread begins behind it."""


class Credential(Row, table=True):
    """A password's hash; no grant to the gateway at all."""

    __tablename__ = "credentials"
    user_id: UUID = refers_to("users.id", on_delete="CASCADE", primary_key=True)
    password_hash: str
    updated_at: datetime = instant(default_now=True)


class UserIdentity(Row, table=True):
    """A person as an outside issuer knows them."""

    __tablename__ = "user_identities"
    __table_args__ = (
        Index("uq_user_identities_issuer_subject", "issuer", "subject", unique=True),
        Index("ix_user_identities_user_id", "user_id"),
    )
    id: UUID = new_id()
    user_id: UUID = refers_to("users.id", on_delete="CASCADE")
    issuer: str
    subject: str
    claims: dict[str, Any] = defaulted("'{}'", JSONB)
    created_at: datetime = instant(default_now=True)


class UserSession(Row, table=True):
    """One place where a person is signed in; its id stands in the access token."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        Check("char_length(user_agent) <= 512", name="user_agent_length"),
        Index("ix_user_sessions_user_id", "user_id", "created_at", "id"),
        Index("ix_user_sessions_expires_at", "expires_at"),
        Index("ix_user_sessions_revoked_at", "revoked_at", postgresql_where=text("revoked_at is not null")),
    )
    id: UUID = new_id()
    user_id: UUID = refers_to("users.id", on_delete="CASCADE")
    user_agent: str | None = None
    created_at: datetime = instant(default_now=True)
    last_used_at: datetime = instant(default_now=True)
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class RefreshToken(Row, table=True):
    """One refresh token, by its hash. Replaced at each use."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        Index("ix_refresh_tokens_session_id", "session_id"),
        Index("ix_refresh_tokens_expires_at", "expires_at"),
    )
    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    session_id: UUID = refers_to("user_sessions.id", on_delete="CASCADE")
    created_at: datetime = instant(default_now=True)
    expires_at: datetime = instant()
    replaced_at: datetime | None = instant(nullable=True)


class RateBucket(Row, table=True):
    """How many more times someone may do something; refilled evenly."""

    __tablename__ = "rate_buckets"
    __table_args__ = (
        PrimaryKeyConstraint("operation", "key"),
        Index("ix_rate_buckets_updated_at", "updated_at"),
    )
    operation: str
    key: str
    tokens: float = Field(sa_type=Double)
    updated_at: datetime = instant()


class IdempotencyKey(Row, table=True):
    """The first answer to a create, for its retries."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "operation", "client_key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )
    user_id: UUID = refers_to("users.id", on_delete="CASCADE")
    operation: str
    client_key: UUID
    input_hash: bytes = Field(sa_type=LargeBinary)
    result: dict[str, Any] = Field(sa_type=JSONB)
    created_at: datetime = instant(default_now=True)


class UserRow(Record):
    """A person, as others may see them."""

    id: UUID
    username: str
    display_name: str | None
    created_at: datetime


class AccountRow(Record):
    """A person, as they see themselves."""

    user_id: UUID
    email: str | None
    email_verified_at: datetime | None
    has_password: bool
    plan: str
    onboarding_completed: bool


class SessionRow(Record):
    """Where a person is signed in."""

    id: UUID
    user_id: UUID
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class IdentityRow(Record):
    """An outside issuer that signs a person in."""

    id: UUID
    issuer: str
    subject: str
    created_at: datetime
