"""Query, Mutation and Subscription, merged from the domains."""

from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig

from kit.settings import Settings
from schema.identity.operations import IdentityMutations, IdentityQueries
from schema.identity.types import NODES as IDENTITY_NODES
from schema.nodes import node_queries
from schema.rooms.operations import RoomMutations, RoomQueries, RoomSubscriptions
from schema.rooms.types import NODES as ROOM_NODES
from schema.scalars import SCALARS


def merged(name: str, description: str, *parts: type) -> type:
    """One root type of what the domains have."""
    return strawberry.type(type(name, parts, {}), description=description)


Query = merged(
    "Query", "Reading.", IdentityQueries, RoomQueries, node_queries({**IDENTITY_NODES, **ROOM_NODES})
)
Mutation = merged(
    "Mutation",
    "Writing. Fields are nullable, so that the failure of one does not hide the others.",
    IdentityMutations,
    RoomMutations,
)
Subscription = merged(
    "Subscription",
    "Listening. Every stream begins with StreamReady; resume with `after`.",
    RoomSubscriptions,
)


class Schema(strawberry.Schema):
    """Errors are logged where they are masked, once (gateway.errors)."""

    def as_str(self) -> str:
        """The SDL, without the declaration of a directive that the specification has."""
        return super().as_str().removeprefix("directive @oneOf on INPUT_OBJECT\n\n")

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing here."""


Roots = tuple[type, type, type]
"""Query, Mutation, Subscription."""


def build_schema(
    settings: Settings,
    extensions: Sequence[Any] = (),
    *,
    is_sorted: bool = False,
    roots: Roots = (Query, Mutation, Subscription),
) -> strawberry.Schema:
    """The schema of one process. A sorted one is for printing: its resolvers get plain strings for enums.

    `roots` are others than the product's where tests ask for more.
    """
    query, mutation, subscription = roots
    return Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        extensions=list(extensions),
        config=StrawberryConfig(
            scalar_map=SCALARS,
            sort_schema=is_sorted,
            disable_field_suggestions=settings.environment == "production",
        ),
    )
