"""Relay connections: one shape for every list."""

from typing import Generic, TypeVar

import strawberry

from kit import pages

N = TypeVar("N")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether more precedes.")
    start_cursor: str | None = strawberry.field(description="Of the first edge.")
    end_cursor: str | None = strawberry.field(description="Of the last edge.")


@strawberry.type(description="One item of a list.")
class Edge(Generic[N]):
    cursor: str = strawberry.field(description="Where it stands.")
    node: N = strawberry.field(description="The item.")


async def count(page: strawberry.Parent[pages.Page[object]]) -> int | None:
    """Counted only where it is selected."""
    return await page.count() if page.count else None


@strawberry.type(description="A page of a list.")
class Connection(Generic[N]):
    edges: list[Edge[N]] = strawberry.field(description="The page, with cursors.")
    nodes: list[N] = strawberry.field(description="The page, without cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count = strawberry.field(
        resolver=count,
        graphql_type=int | None,
        description="How many there are in all; counted only when selected.",
    )
