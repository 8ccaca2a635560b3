"""Front-door checks; what a person may see or change behind the door, row security decides."""

from typing import Any

from strawberry.permission import BasePermission

from kit.errors import Unauthenticated
from resolvers.context import Info


class SignedIn(BasePermission):
    """Somebody is signed in."""

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:  # noqa: ARG002 - its signature
        """Raises Unauthenticated, so that the refusal is one of ours."""
        if info.context.viewer is None:
            raise Unauthenticated("Sign in first.")
        return True
