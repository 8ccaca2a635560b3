"""A token to paste: a real session of a sample person, the same one at each start."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import DateTime, Uuid, select, update

from gateway.demo.write import columns_of, into
from kit.crypto import master_secret
from kit.db import Database, Transaction
from kit.settings import Settings
from kit.statements import Record, Statement, param
from models.identity import User, UserSession
from services.identity.tokens import AccessToken, AccessTokens

DEVICE = "crossfade up"
INSTANT = DateTime(timezone=True)
session, user = columns_of(UserSession), columns_of(User)

KNOWN = Statement(select(user.id).where(user.id == param("user_id", Uuid())), Record)
PROLONG = Statement(
    update(UserSession)
    .values(last_used_at=param("now", INSTANT), expires_at=param("ends_at", INSTANT))
    .where(
        session.user_id == param("user_id", Uuid()),
        session.user_agent == DEVICE,
        session.revoked_at.is_(None),
    )
    .returning(session.id),
    Record,
)
OPEN = Statement(
    into(UserSession, "user_id", "user_agent", "created_at", "last_used_at", "expires_at").returning(
        session.id
    ),
    Record,
)


async def sample_token(
    database: Database, settings: Settings, user_id: UUID, moment: datetime
) -> AccessToken | None:
    """A token of the person with this id, and its end; None where there is no such person.

    One session is prolonged at each start, so that tokens of earlier starts live to their end and the list of
    sessions stays short; where it was revoked, there is a new one.
    """
    lifetime = timedelta(minutes=settings.access_token_minutes)
    async with database.write(None) as transaction:
        if not await transaction.fetch(KNOWN, user_id=user_id):
            return None
        id_ = await _session(transaction, user_id, moment, moment + lifetime)
    return AccessTokens(master_secret(settings), lifetime).issue(user_id, id_, moment)


async def _session(transaction: Transaction, user_id: UUID, moment: datetime, ends_at: datetime) -> UUID:
    known = await transaction.fetch(PROLONG, user_id=user_id, now=moment, ends_at=ends_at)
    if not known:
        known = await transaction.fetch(
            OPEN,
            user_id=user_id,
            user_agent=DEVICE,
            created_at=moment,
            last_used_at=moment,
            expires_at=ends_at,
        )
    id_: UUID = known[0].id
    return id_
