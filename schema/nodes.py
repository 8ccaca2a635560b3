"""Things with a global identifier, and finding them by it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import strawberry

from kit.errors import BadInput
from kit.ids import split_id, uuid_of
from resolvers.context import Info

Id = Annotated[strawberry.ID, strawberry.argument(description="Opaque, stable, URL-safe identifier.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 identifiers.")]


@strawberry.interface(description="A thing with a global identifier.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque, stable, URL-safe identifier.")


@dataclass(frozen=True)
class NodeSource:
    """How ids of one kind are answered: `key` reads an id for the loader of that name; None is not there."""

    loader: str
    key: Callable[[str], Any]


Nodes = Mapping[str, NodeSource]
"""By the kind that stands in the id, which is the name of the type."""


def by_uuid(kind: str, loader: str) -> NodeSource:
    """For ids that are a kind and a UUID."""
    return NodeSource(loader, partial(uuid_of, kind))


def node_queries(nodes: Nodes) -> type:
    """`Query.node` and `Query.nodes` over all that the domains have."""

    async def one(info: Info, id: Id) -> Any:
        kind, _ = split_id(id)
        source = nodes.get(kind)
        key = source.key(id) if source else None
        if source is None or key is None:
            return None
        return await getattr(info.context.loaders, source.loader).load(key)

    async def many(info: Info, ids: Ids) -> Sequence[Any]:
        most = info.context.services.settings.max_page_size
        if len(ids) > most:
            raise BadInput(f"At most {most} identifiers at once.")
        return await asyncio.gather(*(one(info, each) for each in ids))

    @strawberry.type
    class NodeQueries:
        node = strawberry.field(
            resolver=one,
            graphql_type=Node | None,
            description="Anything by identifier; null when it is not there or not for you.",
        )
        nodes = strawberry.field(
            resolver=many, graphql_type=list[Node | None], description="Many at once, in the order asked."
        )

    return NodeQueries
