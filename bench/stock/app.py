"""The stock build, as the tutorials of its libraries show it; it finds its pages by itself."""

import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import strawberry
from fastapi import FastAPI
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.tools import merge_types


def pages() -> list[ModuleType]:
    """Every module beside this one that answers something."""
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    modules = [import_module(f"bench.stock.{name}") for name in names if name != Path(__file__).stem]
    return [module for module in modules if hasattr(module, "Query")]


def merged(kind: str) -> type:
    """What the pages have of this kind, as one type."""
    return merge_types(kind, tuple(getattr(page, kind) for page in pages() if hasattr(page, kind)))


loaders = {name: made for page in pages() for name, made in getattr(page, "LOADERS", {}).items()}


async def context() -> dict[str, Any]:
    """Fresh loaders for each operation."""
    return {name: made() for name, made in loaders.items()}


schema = strawberry.Schema(merged("Query"), merged("Mutation"), merged("Subscription"))
router: GraphQLRouter[Any, None] = GraphQLRouter(
    schema, context_getter=context, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL]
)
app = FastAPI()
app.include_router(router, prefix="/graphql")
