"""How a person is seen, and changing it."""

from dataclasses import dataclass

import asyncpg
from sqlalchemy import String, func, or_, update

from kit.errors import Problem, ProblemCode
from kit.statements import Statement, param
from models.identity import User, UserRow
from resolvers.context import Info, Write
from resolvers.loaders.identity import USER, user
from services.events import PROFILES, ProfileChanged
from services.identity.rules import ProfileChange, check_profile
from services.identity.usernames import username_key

NAME, KEY, SHOWN = (param(name, String()) for name in ("username", "username_key", "display_name"))
# No row where nothing would change: then nothing is told either. A null leaves its column as it is.
CHANGE = Statement(
    update(User)
    .values(
        username=func.coalesce(NAME, user.username),
        username_key=func.coalesce(KEY, user.username_key),
        display_name=func.coalesce(SHOWN, user.display_name),
    )
    .where(
        user.id == func.app.viewer(),
        or_(
            user.username != func.coalesce(NAME, user.username),
            user.display_name.is_distinct_from(func.coalesce(SHOWN, user.display_name)),
        ),
    )
    .returning(*USER),
    UserRow,
)


@dataclass(frozen=True)
class ProfileChanges:
    """The person, as changed."""

    user: UserRow | None


async def update_profile(
    info: Info, username: str | None = None, display_name: str | None = None
) -> ProfileChanges:
    """Change what is given. Raises Problem TAKEN, or Problems with all that is wrong."""
    context = info.context
    change = check_profile(username=username, display_name=display_name)
    changed = None
    if change.username is not None or change.display_name is not None:
        async with context.write() as write:
            changed = await _change(write, change)
            if changed is not None:
                write.emit(PROFILES, ProfileChanged(str(changed.id)))
    return ProfileChanges(changed or await context.loaders.user_by_id.load(context.user_id))


async def _change(write: Write, change: ProfileChange) -> UserRow | None:
    try:
        return await write.fetchrow(
            CHANGE,
            username=change.username,
            username_key=None if change.username is None else username_key(change.username),
            display_name=change.display_name,
        )
    except asyncpg.UniqueViolationError:
        raise Problem(ProblemCode.TAKEN, "This user name is taken.", field=["username"]) from None
