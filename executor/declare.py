"""Marks on schema fields that let the executor answer a whole level at once."""

from collections.abc import Callable
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
