"""Whether two servers answered the same: leaf by leaf, whatever their schemas wrap the leaves in."""

import json
from datetime import UTC, datetime
from typing import Any

WRAPPERS = {"nodes", "node", "edge", "totalCount", "message"}
"""A mapping of one of these alone says no more than its value."""


class AnswersDifferError(Exception):
    """There is nothing to time."""


def leaves(answer: Any) -> Any:
    """What is left of an answer where every schema has its own ids, wrappers and way to write a moment.

    Lists of edges run from the oldest, all others from the newest.
    """
    if isinstance(answer, list):
        return [leaves(each) for each in answer]
    if isinstance(answer, dict):
        if len(answer) == 1:
            ((name, value),) = answer.items()
            if name == "edges":
                return [leaves(edge) for edge in reversed(value)]
            if name in WRAPPERS:
                return leaves(value)
        return {name: leaves(value) for name, value in answer.items() if name != "id"}
    return _moment(answer) if isinstance(answer, str) else answer


def said(body: bytes, *, is_write: bool) -> Any:
    """The leaves of one response. What is written has its moment from the clock, which is left out.

    Raises AnswersDifferError for one that is none.
    """
    answer = json.loads(body)
    if not isinstance(answer, dict) or answer.get("errors") or not answer.get("data"):
        raise AnswersDifferError(f"it answered {body[:300]!r}")
    found = leaves(answer["data"])
    if is_write:
        for value in found.values():
            if not value.pop("createdAt", None):
                raise AnswersDifferError(f"it answered {body[:300]!r}")
    return found


def difference(one: Any, other: Any, path: str = "data") -> str | None:
    """Where they differ first, in words; None where they do not."""
    if type(one) is type(other) and isinstance(one, dict):
        if one.keys() != other.keys():
            return f"{path} has {sorted(one)} and {sorted(other)}"
        pairs = [(f"{path}.{name}", one[name], other[name]) for name in one]
    elif type(one) is type(other) and isinstance(one, list):
        if len(one) != len(other):
            return f"{path} has {len(one)} and {len(other)} entries"
        pairs = [(f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(one, other, strict=True))]
    else:
        return None if one == other else f"{path} is {one!r} and {other!r}"
    found = (difference(a, b, deeper) for deeper, a, b in pairs)
    return next((each for each in found if each), None)


def _moment(text: str) -> Any:
    if len(text) >= len("2025-01-01T00:00:00Z") and text[4:5] == "-" and text[10:11] == "T":
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            return text
    return text
