"""What a client needs to stay signed in, and the two ways in which it travels."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import DateTime, LargeBinary, String, Uuid, func, select

from kit.clock import now
from kit.crypto import new_token, token_hash
from kit.errors import BadInput
from kit.statements import Record, Statement, param
from kit.text import CONTROLS
from resolvers.context import Context, Viewer, Write

OPEN_SESSION = Statement(
    select(
        func.app.auth_open_session(
            param("session", Uuid()),
            param("person", Uuid()),
            param("agent", String()),
            param("hash", LargeBinary()),
            param("ends_at", DateTime(timezone=True)),
        )
    ),
    Record,
)
LONGEST_AGENT = 512


class TokenDelivery(StrEnum):
    """Where the refresh token goes."""

    BODY = "body"
    COOKIE = "cookie"


@dataclass(frozen=True)
class Tokens:
    """`refresh_token` is None where a cookie holds it."""

    access_token: str
    access_token_expires_at: datetime
    refresh_token: str | None
    refresh_token_expires_at: datetime


@dataclass(frozen=True)
class SignedIn:
    """Who it is now, and with what."""

    viewer_id: UUID
    tokens: Tokens


@dataclass(frozen=True)
class Session:
    """A session as it was just opened or refreshed: the only moment in which its refresh token is known."""

    id: UUID
    person: UUID
    refresh_token: str
    ends_at: datetime


def check_delivery(context: Context, delivery: TokenDelivery | None) -> None:
    """Raises BadInput where a cookie is wanted and none can be set."""
    if delivery == TokenDelivery.COOKIE and context.request.set_refresh_cookie is None:
        raise BadInput("A socket cannot set cookies: ask for the token in the body, or sign in over HTTP.")


def session_end(context: Context) -> datetime:
    """When a session ends that is used now and never again."""
    return now() + timedelta(days=context.services.settings.refresh_token_days)


async def open_session(write: Write, context: Context, person: UUID) -> Session:
    """A new session of `person` on the device that asks."""
    session = Session(uuid4(), person, new_token(), session_end(context))
    await write.fetch(
        OPEN_SESSION,
        session=session.id,
        person=person,
        agent=_agent(context.request.user_agent),
        hash=token_hash(session.refresh_token),
        ends_at=session.ends_at,
    )
    return session


def sign_in_as(context: Context, session: Session, delivery: TokenDelivery | None) -> SignedIn:
    """Hand out the tokens of a session that is committed; the rest of the operation is its person's."""
    tokens = hand_over(context, session, delivery)
    context.become(Viewer(session.person, session.id, tokens.access_token_expires_at))
    return SignedIn(session.person, tokens)


def hand_over(context: Context, session: Session, delivery: TokenDelivery | None) -> Tokens:
    """An access token, and the refresh token by the way it is wanted."""
    access = context.services.access_tokens.issue(session.person, session.id, now())
    in_body: str | None = session.refresh_token
    if delivery == TokenDelivery.COOKIE and context.request.set_refresh_cookie is not None:
        context.request.set_refresh_cookie(session.refresh_token, session.ends_at)
        in_body = None
        if context.request.set_access_cookie is not None:
            context.request.set_access_cookie(access.value, access.expires_at)
    return Tokens(access.value, access.expires_at, in_body, session.ends_at)


def clear_cookie(context: Context) -> None:
    """Take the tokens away from a browser that may hold some."""
    for take_away in (context.request.set_refresh_cookie, context.request.set_access_cookie):
        if take_away is not None:
            take_away(None, None)


def _agent(user_agent: str | None) -> str | None:
    return CONTROLS.sub("", user_agent or "")[:LONGEST_AGENT] or None
