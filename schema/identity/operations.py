"""Signing in and out, and people."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from kit.pages import Page, PageArgs
from models.identity import UserRow
from resolvers.context import Info
from resolvers.identity import limits, profile, reads, sessions, sign_in, sign_up
from schema.fields import connection, mutation
from schema.identity import inputs, payloads
from schema.identity.types import ServiceLimits, User
from schema.lazy import LAZY_VIEWER
from schema.permissions import SignedIn

Whom = Annotated[inputs.UserLookup, strawberry.argument(description="Whom.")]
Wanted = Annotated[str, strawberry.argument(description="What to look for.")]


async def user(info: Info, by: Whom) -> UserRow | None:
    """One of the two is given: GraphQL sees to it."""
    given = {name: value for name, value in vars(by).items() if value is not UNSET}
    return await reads.user(info, **given)


async def users(info: Info, page: PageArgs, query: Wanted) -> Page[UserRow]:
    """By the beginning of their names."""
    return await reads.users(info, page, query)


@strawberry.type
class IdentityQueries:
    viewer = strawberry.field(
        resolver=reads.viewer,
        graphql_type=LAZY_VIEWER | None,
        description="The person asking; null when nobody is signed in.",
    )
    user = strawberry.field(
        resolver=user, graphql_type=User | None, description="A person.", permission_classes=[SignedIn]
    )
    users = connection(
        User,
        users,
        "People by the beginning of user name or display name, two characters at least.",
        door=(SignedIn,),
    )
    service_limits = strawberry.field(
        resolver=limits.service_limits,
        graphql_type=ServiceLimits,
        description="What the caller may do.",
    )


@strawberry.type
class IdentityMutations:
    sign_up = mutation(
        sign_up.sign_up,
        payloads.SignUpPayload,
        "Makes an account and signs in. A known address is answered TAKEN, five times an hour at most.",
        input=inputs.SignUpInput,
        door=(),
    )
    sign_in = mutation(
        sign_in.sign_in,
        payloads.SignInPayload,
        "Signs in by password.",
        input=inputs.SignInInput,
        door=(),
    )
    refresh_session = mutation(
        sessions.refresh_session,
        payloads.RefreshSessionPayload,
        "Gives fresh tokens. The token just replaced works 30 seconds longer, so that two tabs and lost"
        " answers do no harm; later its use ends the session.",
        input=inputs.RefreshSessionInput,
        door=(),
    )
    sign_out = mutation(
        sessions.sign_out,
        payloads.SignOutPayload,
        "Ends the session that asks, and its streams.",
        input=inputs.SignOutInput,
    )
    revoke_session = mutation(
        sessions.revoke_session,
        payloads.RevokeSessionPayload,
        "Ends one session within a second.",
        input=inputs.RevokeSessionInput,
    )
    update_profile = mutation(
        profile.update_profile,
        payloads.UpdateProfilePayload,
        "Changes how one is seen.",
        input=inputs.UpdateProfileInput,
    )
