"""Types that several domains build together, named before they exist."""

from typing import Annotated, Any

import strawberry

LAZY_VIEWER: Any = Annotated["Viewer", strawberry.lazy("schema.viewer")]  # noqa: F821 - that is the point
