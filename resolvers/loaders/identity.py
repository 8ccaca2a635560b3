"""Batched reads of people: what all may see of them, and what only they may."""

from uuid import UUID

from sqlalchemy import String, Uuid, func, select

from kit.statements import Statement, keys
from models.identity import (
    Account,
    AccountRow,
    IdentityRow,
    SessionRow,
    User,
    UserIdentity,
    UserRow,
    UserSession,
)
from resolvers.loaders.base import RowByKey, RowsByKey

user = User.__table__.c  # type: ignore[attr-defined]  # SQLModel makes it
account = Account.__table__.c  # type: ignore[attr-defined]  # as above
identity = UserIdentity.__table__.c  # type: ignore[attr-defined]  # as above
session = UserSession.__table__.c  # type: ignore[attr-defined]  # as above

USER = (user.id, user.username, user.display_name, user.created_at)
ACCOUNT = (
    account.user_id,
    account.email,
    account.email_verified_at,
    account.has_password,
    account.plan,
    account.onboarding_completed,
)
IDENTITY = (identity.id, identity.user_id, identity.issuer, identity.subject, identity.created_at)
SESSION = (
    session.id,
    session.user_id,
    session.user_agent,
    session.created_at,
    session.last_used_at,
    session.expires_at,
)
IS_LIVE = (session.revoked_at.is_(None), session.expires_at > func.now())


class UserById(RowByKey[UUID, UserRow]):
    """People."""

    statement = Statement(select(*USER).where(user.id == keys("keys", Uuid())), UserRow)


class UserByKey(RowByKey[str, UserRow]):
    """People by what is unique of their user names (services.identity.usernames.username_key)."""

    column = "username_key"
    statement = Statement(
        select(*USER, user.username_key).where(user.username_key == keys("keys", String())), UserRow
    )


class AccountByUser(RowByKey[UUID, AccountRow]):
    """The viewer's own account; None for everybody else's."""

    column = "user_id"
    statement = Statement(select(*ACCOUNT).where(account.user_id == keys("keys", Uuid())), AccountRow)


class SessionById(RowByKey[UUID, SessionRow]):
    """The viewer's own sessions that have not ended."""

    statement = Statement(select(*SESSION).where(session.id == keys("keys", Uuid()), *IS_LIVE), SessionRow)


class IdentitiesByUser(RowsByKey[UUID, IdentityRow]):
    """The viewer's own outside identities, oldest first."""

    column = "user_id"
    statement = Statement(
        select(*IDENTITY)
        .where(identity.user_id == keys("keys", Uuid()))
        .order_by(identity.created_at, identity.id),
        IdentityRow,
    )
