"""People, as others see them and as they see themselves."""

from datetime import datetime

import strawberry

from models.identity import IdentityRow, SessionRow, UserRow
from resolvers.identity import reads
from schema.fields import connection, node_id, relation, row_type
from schema.identity.enums import Plan
from schema.nodes import Node, Nodes, by_uuid


@row_type(UserRow, "A person, as others may see them.")
class User(Node):
    id = node_id("User", "id")
    username: str = strawberry.field(
        description="Unique ignoring case and look-alikes, 3 to 50 characters; never an e-mail address."
    )
    display_name: str = strawberry.field(
        resolver=reads.display_name, description="What to show; the user name where none was chosen."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    viewer_is_self: bool = strawberry.field(
        resolver=reads.is_self, description="Whether this is the one asking."
    )


@row_type(SessionRow, "A place where a person is signed in.")
class Session(Node):
    id = node_id("Session", "id")
    device: str | None = strawberry.field(
        resolver=reads.device, description='From the user agent, such as "Firefox on Linux".'
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    last_used_at: datetime = strawberry.field(description="When it was last refreshed.")
    expires_at: datetime = strawberry.field(description="When it ends.")
    viewer_is_current: bool = strawberry.field(
        resolver=reads.is_current, description="Whether it is this one."
    )


@row_type(IdentityRow, "An outside issuer that may sign a person in.")
class Identity:
    id = node_id("Identity", "id")
    issuer: str = strawberry.field(description="Its address.")
    subject: str = strawberry.field(description="Whom it knows.")
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type
class ViewerIdentity(Node):
    user = relation("user_by_id", "user_id", User, "Oneself, as others see one.")
    email: str | None = strawberry.field(description="Null where an outside issuer gave none.")
    is_email_verified: bool = strawberry.field(
        resolver=reads.is_email_verified, description="Whether the address was proven."
    )
    has_password: bool = strawberry.field(description="Whether one can sign in by password.")
    plan: Plan = strawberry.field(description="What one pays for.")
    is_onboarded: bool = strawberry.field(
        resolver=reads.is_onboarded, description="Whether the first steps are done."
    )
    identities = relation(
        "identities_by_user", "user_id", list[Identity], "Outside issuers that may sign one in."
    )
    sessions = connection(Session, reads.sessions, "Where one is signed in.")


@strawberry.type(description="What a client needs to stay signed in.")
class Tokens:
    access_token: str = strawberry.field(description="Send as `Authorization: Bearer`.")
    access_token_expires_at: datetime = strawberry.field(description="Refresh before this.")
    refresh_token: str | None = strawberry.field(description="Null when it went into an HttpOnly cookie.")
    refresh_token_expires_at: datetime = strawberry.field(description="Sign in again after this.")


@strawberry.type(description="How often one operation may be called.")
class OperationRate:
    operation: str = strawberry.field(description="Its root field.")
    limit: int = strawberry.field(description="How often.")
    per_seconds: int = strawberry.field(description="In how long.")


@strawberry.type(description="What one request and one person may do, under the viewer's plan.")
class ServiceLimits:
    max_depth: int = strawberry.field(description="Levels of a document.")
    max_aliases: int = strawberry.field(description="Aliases in it.")
    max_tokens: int = strawberry.field(description="Tokens in it.")
    max_page_size: int = strawberry.field(description="Items of a page.")
    max_body_bytes: int = strawberry.field(description="Of a request.")
    max_subscriptions_per_socket: int = strawberry.field(description="At once.")
    event_retention_hours: int = strawberry.field(description="How long a cursor can be resumed.")
    rates: list[OperationRate] = strawberry.field(description="Of single operations.")
    max_message_length: int = strawberry.field(description="Characters.")


NODES: Nodes = {
    "User": by_uuid("User", "user_by_id"),
    "Session": by_uuid("Session", "session_by_id"),
    "Viewer": by_uuid("Viewer", "account_by_user"),
}
