"""Who asks, over which connection; a context for each of their operations."""

from dataclasses import dataclass, field
from uuid import uuid4

from kit.errors import Refusal
from resolvers.context import Context, Request, Services, Viewer


@dataclass(slots=True)
class Caller:
    """One HTTP request, or one socket: there the viewer comes with its first message."""

    services: Services
    request: Request
    viewer: Viewer | None = None
    refused: Refusal | None = None
    request_id: str = field(default_factory=lambda: uuid4().hex)

    def context(self) -> Context:
        """For one operation."""
        return Context(self.services, self.viewer, self.request, self.request_id, self.refused)
