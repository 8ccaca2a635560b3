"""What the mutations of identity answer."""

import strawberry

from schema.fields import payload, relation
from schema.identity.types import Tokens, User
from schema.lazy import LAZY_VIEWER

TOKENS = "Null on failure."
VIEWER = relation("account_by_user", "viewer_id", LAZY_VIEWER | None, "The person asking, as changed.")


@payload("Outcome of signUp.")
class SignUpPayload:
    tokens: Tokens | None = strawberry.field(description=TOKENS)
    viewer = VIEWER


@payload("Outcome of signIn.")
class SignInPayload:
    tokens: Tokens | None = strawberry.field(description=TOKENS)
    viewer = VIEWER


@payload("Outcome of refreshSession.")
class RefreshSessionPayload:
    tokens: Tokens | None = strawberry.field(description=TOKENS)


@payload("Outcome of signOut.")
class SignOutPayload:
    ended_count: int = strawberry.field(description="How many ended.")


@payload("Outcome of revokeSession.")
class RevokeSessionPayload:
    revoked_session_id: strawberry.ID | None = strawberry.field(description="For the cache.")
    viewer = VIEWER


@payload("Outcome of updateProfile.")
class UpdateProfilePayload:
    user: User | None = strawberry.field(description="The person.")
