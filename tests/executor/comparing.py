"""Says where two answers differ: the data wholly, errors as far as they stand outside of nulled parents."""

from collections import Counter
from typing import Any

from executor.encoding import encode


def null_of(data: Any, path: list[Any]) -> tuple[Any, ...]:
    """Where the null of an error stands: at its path, or above it."""
    place: list[Any] = []
    for key in path:
        if data is None:
            break
        data = data[key]
        place.append(key)
    return tuple(place)


def facts(result: Any) -> tuple[Counter[Any], set[Any], bool]:
    """Errors that stand where they happened, with their words; places of the others; if there are any."""
    own: Counter[Any] = Counter()
    bubbled = set()
    for error in result.errors or ():
        if error.path is None:
            own[(), error.message] += 1
            continue
        place = null_of(result.data, error.path)
        if place == tuple(error.path):
            own[place, error.message, str(error.extensions), str(error.locations)] += 1
        else:
            bubbled.add(place)
    above = {place[:length] for place in bubbled for length in range(len(place))}
    return own, bubbled - above, bool(result.errors)


def written(data: Any) -> str:
    return encode(data).decode()


def difference(ours: Any, theirs: Any) -> str | None:
    """What differs, or nothing."""
    if written(ours.data) != written(theirs.data):
        return f"data: {written(ours.data)} != {written(theirs.data)}"
    if facts(ours) != facts(theirs):
        return f"errors: {facts(ours)} != {facts(theirs)}"
    nulls = [null_of(ours.data, error.path) for error in ours.errors or () if error.path is not None]
    return None if len(set(nulls)) == len(nulls) else f"more than one error of a null: {nulls}"
