"""Marks on schema fields that let the executor answer a whole level at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

METADATA_KEY = "crossfade.relation"


@dataclass(frozen=True)
class Relation:
    """The field is `loader.load(key(parent))`, with `loader` an attribute of the context's loaders.

    A key of None means that there is nothing: the answer is null, and no loader is asked.
    """

    loader: str
    key: Callable[[Any], Any]


COMPUTED_KEY = "crossfade.computed"


@dataclass(frozen=True)
class Computed:
    """The field is a function of its parents alone: `column` answers for many at once, in their order.

    The field's own resolver answers for one of them, and for all where `column` raises.
    """

    column: Callable[[Sequence[Any]], Sequence[Any]]
