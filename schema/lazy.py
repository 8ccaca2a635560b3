"""Types that several domains build together, named before they exist."""

from typing import Annotated

import strawberry

Viewer = Annotated["Viewer", strawberry.lazy("schema.viewer")]
