"""Marks on schema fields that let the executor answer a whole level at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Serialize = TypeVar("Serialize", bound=Callable[[Any], Any])

METADATA_KEY = "crossfade.relation"


@dataclass(frozen=True)
class Relation:
    """The field is `loader.load(key(parent))`, with `loader` an attribute of the context's loaders.

    A key of None means that there is nothing: the answer is null, and no loader is asked.
    """

    loader: str
    key: Callable[[Any], Any]


@dataclass(frozen=True)
class Native:
    """Values that executor.encoding writes just as the scalar would: they stay as they are until then.

    `test` is an expression over such a value `v`, with `names` in reach.
    """

    test: str
    names: Mapping[str, Any]


NATIVE = "__native__"


def native(test: str, **names: Any) -> Callable[[Serialize], Serialize]:
    """Marks a scalar's `serialize` function: what passes the test needs no call of it."""

    def mark(serialize: Serialize) -> Serialize:
        setattr(serialize, NATIVE, Native(test, names))
        return serialize

    return mark


ROW_CLASS = "__row_class__"


def is_row(row: type) -> Callable[[type, Any, Any], bool]:
    """For an object type's `is_type_of`: it is of that type what is of this class, whatever its value."""

    def is_type_of(_cls: type, value: Any, _info: Any) -> bool:
        return isinstance(value, row)

    setattr(is_type_of, ROW_CLASS, row)
    return is_type_of


COMPUTED_KEY = "crossfade.computed"


@dataclass(frozen=True)
class Computed:
    """The field is a function of its parents alone: `column` answers for many at once, in their order.

    The field's own resolver answers for one of them, and for all where `column` raises.
    """

    column: Callable[[Sequence[Any]], Sequence[Any]]
