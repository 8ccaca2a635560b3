"""Reading people: the one who asks, others, and where one is signed in."""

from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import Boolean, DateTime, Integer, String, Uuid, column, func, select

from kit.errors import BadInput, Problem
from kit.ids import uuid_of
from kit.keyset import Keyset
from kit.pages import Cursors, Page, PageArgs, page_of
from kit.statements import Record, Statement, param
from kit.text import CONTROLS
from models.identity import AccountRow, SessionRow, UserRow
from resolvers.context import Info
from resolvers.loaders.identity import IS_LIVE, SESSION, session
from services.identity.devices import device_name
from services.identity.rules import LONGEST_DISPLAY_NAME
from services.identity.usernames import clean_username, username_key

SHORTEST_QUERY = 2
WILD = str.maketrans({sign: f"\\{sign}" for sign in r"\%_"})

FIND = Statement(
    select(column("id"), column("key")).select_from(
        func.app.find_users(
            param("key_prefix", String()),
            param("name_prefix", String()),
            param("after", String()),
            param("before", String()),
            param("is_backward", Boolean()),
            param("most", Integer()),
        ).table_valued("id", "key")
    ),
    Record,
)
# Of names, not of their keys: a key may be too long for a cursor, and follows from its name.
FOUND = Cursors("users", (str,))
SESSIONS = Keyset(
    select(*SESSION).where(*IS_LIVE),
    SessionRow,
    {
        "created_at": (session.created_at, DateTime(timezone=True), datetime),
        "id": (session.id, Uuid(), UUID),
    },
    is_descending=True,
)


async def viewer(info: Info) -> AccountRow | None:
    """Who asks, as they see themselves."""
    asking = info.context.viewer
    return await info.context.loaders.account_by_user.load(asking.user_id) if asking else None


async def user(info: Info, id: str | None = None, username: str | None = None) -> UserRow | None:
    """A person by id, or by a user name in any spelling that counts as theirs."""
    if id is not None:
        key = uuid_of("User", id)
        return await info.context.loaders.user_by_id.load(key) if key else None
    try:
        name = clean_username(username or "")
    except Problem:
        return None  # nobody can have such a name
    return await info.context.loaders.user_by_key.load(username_key(name))


async def users(info: Info, page: PageArgs, query: str) -> Page[UserRow]:
    """People by the beginning of user name or display name, in the order of user names."""
    words = _searchable(query)
    after, before = (_place(cursor) for cursor in (page.after, page.before))
    found = await info.context.loaders.lease.fetch(
        FIND,
        key_prefix=username_key(words).translate(WILD),
        name_prefix=_lowered(words).translate(WILD),
        after=after,
        before=before,
        is_backward=page.is_backward,
        most=page.size + 1,
    )
    rows = await info.context.loaders.user_by_id.load_many([row.id for row in found])
    return page_of([row for row in rows if row], page, lambda row: FOUND.at(row.username))


async def sessions(info: Info, page: PageArgs) -> Page[SessionRow]:
    """Where the viewer is signed in, newest first."""
    lease = info.context.loaders.lease
    return await SESSIONS.page(lease, "sessions", page, lambda: SESSIONS.count(lease))


def display_name(user: strawberry.Parent[UserRow]) -> str:
    return user.display_name or user.username


def is_self(info: Info, user: strawberry.Parent[UserRow]) -> bool:
    asking = info.context.viewer
    return asking is not None and asking.user_id == user.id


def device(session: strawberry.Parent[SessionRow]) -> str | None:
    return device_name(session.user_agent)


def is_current(info: Info, session: strawberry.Parent[SessionRow]) -> bool:
    asking = info.context.viewer
    return asking is not None and asking.session_id == session.id


def is_email_verified(account: strawberry.Parent[AccountRow]) -> bool:
    return account.email_verified_at is not None


def is_onboarded(account: strawberry.Parent[AccountRow]) -> bool:
    return account.onboarding_completed


def _searchable(query: str) -> str:
    words = query.strip()
    if not SHORTEST_QUERY <= len(words) <= LONGEST_DISPLAY_NAME or CONTROLS.search(words):
        raise BadInput(f"A search for people is {SHORTEST_QUERY} to {LONGEST_DISPLAY_NAME} characters long.")
    return words


def _lowered(words: str) -> str:
    """As PostgreSQL does it: each character by itself, whatever stands beside it, and to one character."""
    return "".join(sign.lower()[0] for sign in words)


def _place(cursor: str | None) -> str | None:
    """The key behind a cursor. Raises BadInput."""
    if cursor is None:
        return None
    (name,) = FOUND.keys(cursor)
    return username_key(name)
