"""Which kinds of answer a client takes, and which kinds of request we do."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

GRAPHQL = b"application/graphql-response+json"
JSON = b"application/json"
EVENTS = b"text/event-stream"
PAGE = b"text/html"


@dataclass(frozen=True, slots=True)
class Taken:
    """What an `Accept` header comes to."""

    json: bytes | None
    """The kind of JSON to answer with; None where none is wanted."""
    is_events: bool
    """Whether subscriptions may be told as events."""
    is_only_events: bool
    """Whether all else is to be told as an event, too: events are liked better than JSON."""
    is_page: bool
    """Whether it is a browser that wants something to look at."""


@lru_cache(maxsize=500)
def taken(accept: bytes) -> Taken:
    """Without wishes, and for `*/*`, JSON as it always was. Events and pages must be named."""
    named = dict(_ranges(accept)) if accept.strip() else {b"*/*": 1.0}
    anything = named.get(b"*/*", 0.0)
    plain = named.get(JSON, named.get(b"application/*", anything))
    graphql, events, page = (named.get(kind, 0.0) for kind in (GRAPHQL, EVENTS, PAGE))
    json = GRAPHQL if graphql and graphql >= plain else JSON if plain else None
    is_page = page > max(graphql, named.get(JSON, 0.0))
    return Taken(json, events > 0, events > max(graphql, plain), is_page)


@lru_cache(maxsize=100)
def is_json(content_type: bytes) -> bool:
    """Whether a body may be read: JSON in UTF-8. No page of another site sends that without a preflight."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(b";"))
    charsets = [part.partition(b"=")[2].strip(b' "') for part in parameters if part.startswith(b"charset")]
    return kind == JSON and all(charset in {b"utf-8", b"utf8"} for charset in charsets)


def _ranges(accept: bytes) -> Iterator[tuple[bytes, float]]:
    """Each kind with its weight; of one that is named twice, the largest comes last and wins."""
    found = []
    for part in accept.split(b","):
        kind, *parameters = (each.strip().lower() for each in part.split(b";"))
        found.append((kind, _weight(parameters)))
    return iter(sorted(found, key=lambda each: each[1]))


def _weight(parameters: list[bytes]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition(b"=")
        if name.strip() == b"q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0
