"""Scalars of the contract, and how they travel."""

from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from executor.declare import native

Cursor = NewType("Cursor", str)
MAX_CURSOR = 200


@native("type(v) is datetime and v.tzinfo is UTC", datetime=datetime, UTC=UTC)
def instant(value: datetime) -> str:
    """RFC 3339 with Z; microseconds only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_instant(value: object) -> datetime:
    """An instant with an offset. Raises for a local time: nobody could say when it is."""
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise GraphQLError("This is not an instant of RFC 3339.", extensions={"code": "BAD_USER_INPUT"})
    return read.astimezone(UTC)


@native("type(v) is UUID", UUID=UUID)
def uuid(value: object) -> str:
    """Its usual form."""
    return str(value)


def read_uuid(value: object) -> UUID:
    """A UUID in its usual form."""
    try:
        return UUID(value) if isinstance(value, str) else UUID(int=-1)
    except ValueError:
        raise GraphQLError("This is not a UUID.", extensions={"code": "BAD_USER_INPUT"}) from None


def read_cursor(value: object) -> str:
    """A text that may be a cursor; what it means is for its stream to say."""
    if isinstance(value, str) and 0 < len(value) <= MAX_CURSOR and value.isascii():
        return value
    raise GraphQLError("This is not a cursor.", extensions={"code": "BAD_USER_INPUT"})


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339, always UTC with Z.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=instant,
        parse_value=read_instant,
    ),
    UUID: strawberry.scalar(
        name="UUID",
        description="A UUID, made by the client.",
        specified_by_url="https://scalars.graphql.org/chillicream/uuid.html",
        serialize=uuid,
        parse_value=read_uuid,
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description=(
            "Opaque place in a stream, at most 200 characters of base64url."
            " Cursors of lists are plain strings, as Relay has them."
        ),
        specified_by_url="https://relay.dev/graphql/connections.htm#sec-Cursor",
        serialize=str,
        parse_value=read_cursor,
    ),
}
