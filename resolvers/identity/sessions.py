"""Sessions: refreshing them, and ending them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import DateTime, Integer, LargeBinary, Uuid, column, func, select, update

from kit.clock import now
from kit.crypto import new_token, token_hash
from kit.errors import BadInput, Problem, ProblemCode
from kit.ids import global_id, uuid_of
from kit.statements import Record, Statement, param
from models.identity import UserSession
from resolvers.context import Context, Info, Write
from resolvers.identity.tokens import (
    Session,
    TokenDelivery,
    Tokens,
    clear_cookie,
    hand_over,
    session_end,
)
from resolvers.loaders.identity import IS_LIVE, session
from services.events import SESSIONS, SessionEnded, user_topic


class RefreshRow(Record):
    """What `app.auth_refresh` came to."""

    outcome: str
    session: UUID
    person: UUID


REFRESH = Statement(
    select(column("outcome"), column("session"), column("person")).select_from(
        func.app.auth_refresh(
            param("hash", LargeBinary()),
            param("new_hash", LargeBinary()),
            param("ends_at", DateTime(timezone=True)),
            param("grace", Integer()),
        ).table_valued("outcome", "session", "person")
    ),
    RefreshRow,
)
END = update(UserSession).values(revoked_at=func.clock_timestamp()).returning(session.id)
END_ONE = Statement(END.where(session.id == param("session", Uuid()), session.revoked_at.is_(None)), Record)
END_ALL = Statement(END.where(*IS_LIVE), Record)


@dataclass(frozen=True)
class Refreshed:
    """Fresh tokens."""

    tokens: Tokens


@dataclass(frozen=True)
class SignedOut:
    """How many sessions ended."""

    ended_count: int


@dataclass(frozen=True)
class Revoked:
    """The session that ended, and who asks; nobody, where it was the session that asked."""

    revoked_session_id: str
    viewer_id: UUID | None


async def refresh_session(info: Info, refresh_token: str | None = None) -> Refreshed:
    """Turn a refresh token into a new one. Raises Problem WRONG_CREDENTIALS or EXPIRED."""
    context = info.context
    delivery = TokenDelivery.COOKIE if refresh_token is None else TokenDelivery.BODY
    token = refresh_token if refresh_token is not None else context.request.refresh_cookie
    if token is None:
        raise _wrong()
    if delivery == TokenDelivery.COOKIE and context.request.set_refresh_cookie is None:
        raise BadInput("A socket cannot set cookies: refresh over HTTP.")
    row, new = await _refresh(context, token)
    if row.outcome == "refreshed":
        return Refreshed(hand_over(context, new, delivery))
    if row.outcome == "stolen":
        _end_here(context, [row.session])
    if delivery == TokenDelivery.COOKIE:
        clear_cookie(context)
    raise _expired() if row.outcome == "expired" else _wrong()


async def sign_out(info: Info, is_everywhere: bool | None = None) -> SignedOut:
    """End the session that asks, or all of its person's."""
    context = info.context
    asking = context.viewer.session_id if context.viewer else None
    async with context.write() as write:
        if is_everywhere:
            ended = await write.fetch(END_ALL)
        else:
            ended = await write.fetch(END_ONE, session=asking)
        _report(write, context.user_id, [row.id for row in ended])
    _end_here(context, [row.id for row in ended])
    clear_cookie(context)
    context.become(None)
    return SignedOut(len(ended))


async def revoke_session(info: Info, session_id: str) -> Revoked:
    """End one of one's sessions. Raises Problem NOT_FOUND, and BadInput for what is no id."""
    context = info.context
    wanted = uuid_of("Session", session_id)
    async with context.write() as write:
        ended = await write.fetchrow(END_ONE, session=wanted)
        if ended is None:
            raise Problem(ProblemCode.NOT_FOUND, "There is no such session.", field=["sessionId"])
        _report(write, context.user_id, [ended.id])
    _end_here(context, [ended.id])
    if context.viewer and context.viewer.session_id == ended.id:
        clear_cookie(context)
        context.become(None)
    return Revoked(global_id("Session", ended.id), context.viewer.user_id if context.viewer else None)


async def _refresh(context: Context, token: str) -> tuple[RefreshRow, Session]:
    """The outcome, and the session as it is then. A theft is reported with the session's end."""
    new_refresh_token, ends_at = new_token(), session_end(context)
    async with context.write() as write:
        (row,) = await write.fetch(
            REFRESH,
            hash=token_hash(token),
            new_hash=token_hash(new_refresh_token),
            ends_at=ends_at,
            grace=context.services.settings.refresh_grace_seconds,
        )
        if row.outcome == "stolen":
            _report(write, row.person, [row.session])
    return row, Session(row.session, row.person, new_refresh_token, ends_at)


def _report(write: Write, person: UUID, ended: Sequence[UUID]) -> None:
    for each in ended:
        write.emit(SESSIONS, SessionEnded(str(each)))
        write.emit(user_topic(person), SessionEnded(str(each)))


def _end_here(context: Context, ended: Sequence[UUID]) -> None:
    """Refuse their access tokens at once, before the event comes round."""
    for each in ended:
        context.services.ended_sessions.add(each, now())


def _wrong() -> Problem:
    return Problem(ProblemCode.WRONG_CREDENTIALS, "This refresh token is not valid. Sign in again.")


def _expired() -> Problem:
    return Problem(ProblemCode.EXPIRED, "This session has expired. Sign in again.")
