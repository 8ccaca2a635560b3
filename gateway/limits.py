"""Limits of a document: depth, aliases, tokens."""

from graphql.validation import NoSchemaIntrospectionCustomRule
from strawberry.extensions.max_aliases import create_validator as most_aliases
from strawberry.extensions.query_depth_limiter import create_validator as most_depth

from executor.engine import Limits
from kit.settings import Settings


def document_limits(settings: Settings) -> Limits:
    """Strawberry's rules with our numbers. That of depth lets introspection pass, which is deeper."""
    rules = [most_aliases(settings.max_aliases), most_depth(settings.max_depth, None)]
    if not settings.is_introspection_on:
        rules.append(NoSchemaIntrospectionCustomRule)
    return Limits(rules, settings.max_tokens)
