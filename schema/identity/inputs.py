"""What the operations of identity take."""

import strawberry
from strawberry import UNSET

from schema.identity.enums import TokenDelivery


@strawberry.input(description="Whom: exactly one.", one_of=True)
class UserLookup:
    id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Opaque, stable, URL-safe identifier."
    )
    username: str | None = strawberry.field(default=UNSET, description="User name.")


@strawberry.input(description="Input of signUp.")
class SignUpInput:
    email: str = strawberry.field(description="A working address.")
    password: str = strawberry.field(description="10 to 200 characters, not among the common ones.")
    username: str | None = strawberry.field(
        default=UNSET, description="Made from nothing known where it is left out."
    )
    display_name: str | None = strawberry.field(default=UNSET, description="What to show.")
    delivery: TokenDelivery | None = strawberry.field(
        default=TokenDelivery.BODY, description="Where the refresh token goes."
    )


@strawberry.input(description="Input of signIn.")
class SignInInput:
    email: str = strawberry.field(description="The address.")
    password: str = strawberry.field(description="The password.")
    delivery: TokenDelivery | None = strawberry.field(
        default=TokenDelivery.BODY, description="Where the refresh token goes."
    )


@strawberry.input(description="Input of refreshSession.")
class RefreshSessionInput:
    refresh_token: str | None = strawberry.field(
        default=UNSET, description="Left out where the cookie holds it."
    )


@strawberry.input(description="Input of signOut.")
class SignOutInput:
    is_everywhere: bool | None = strawberry.field(default=False, description="End all others too.")


@strawberry.input(description="Input of revokeSession.")
class RevokeSessionInput:
    session_id: strawberry.ID = strawberry.field(description="Which.")


@strawberry.input(description="Input of updateProfile.")
class UpdateProfileInput:
    username: str | None = strawberry.field(default=UNSET, description="User name.")
    display_name: str | None = strawberry.field(default=UNSET, description="What to show.")
