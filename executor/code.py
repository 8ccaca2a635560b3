"""Functions made from source: one comprehension for a whole column."""

import keyword
from math import inf
from typing import Any


def make(source: str, names: dict[str, Any]) -> Any:
    """The function `build` of this source, in which all that a client sent stands as a literal."""
    scope: dict[str, Any] = {"INF": inf, **names}
    exec(compile(source, "<plan>", "exec"), scope)  # noqa: S102 - that is the point; see above
    return scope["build"]


def attribute(name: str) -> str:
    """Source that reads an attribute of `source`."""
    is_name = name.isidentifier() and not keyword.iskeyword(name)
    return f"source.{name}" if is_name else f"getattr(source, {name!r})"


def item(name: str) -> str:
    """Source that reads an item of `source`."""
    return f"source[{name!r}]"
