"""What is asked: documents in the words of each schema, with variables that differ from call to call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kit.ids import global_id

DOCUMENTS = Path(__file__).parent / "documents"
DIFFERENT = 150
"""Calls of one workload whose variables differ; after them they come again."""
PEOPLE = 50
"""Whose tokens are used: the first of the data set."""
KEY = "cafebabe-0000-4000-8000-000000000000"
"""Stands for a UUID that the load client makes anew for each request."""

COMMON, POSTGRAPHILE, CROSSFADE, SHELF = "common", "postgraphile", "crossfade", "shelf"
"""Schemas, each a folder of documents: the peers' hand-written one, PostGraphile's own, ours, and the
page of 9,450 fields, which only servers of this folder have."""

Values = dict[str, Any]


def uid(kind: int, number: int) -> str:
    """An id of the data set (tables/facts.sql)."""
    return f"00000000-0000-4000-8{kind:03d}-{number:012x}"


def member(room: int, nth: int) -> int:
    """One of the first PEOPLE who is in that room: their numbers end alike."""
    return (room - 1) % 10 + 1 + 10 * (nth % (PEOPLE // 10))


def room_read(n: int) -> int:
    """Rooms 1 to 150; nobody sends into them."""
    return 1 + n % DIFFERENT


def room_sent_to(n: int) -> int:
    """Rooms 151 to 190, which no page reads."""
    return 151 + n % 40


def reader(n: int) -> int:
    """Whose room it is, too."""
    return member(room_read(n), n // 10)


def sender(n: int) -> int:
    """All fifty take turns."""
    return member(room_sent_to(n), n // 10)


def content(n: int) -> str:
    """What is said."""
    return f"hello number {n}"


def _send(n: int) -> Values:
    return {"room": uid(2, room_sent_to(n)), "user": uid(1, sender(n)), "content": content(n)}


def _send_to_us(n: int) -> Values:
    room = global_id("Room", uid(2, room_sent_to(n)))
    return {"input": {"roomId": room, "content": content(n), "clientKey": KEY}}


VARIABLES: Mapping[str, Callable[[int], Values]] = MappingProxyType(
    {
        "room_page": lambda n: {"id": uid(2, room_read(n))},
        "one_object": lambda n: {"id": uid(1, 1 + n % DIFFERENT * 13)},
        "send_message": _send,
        "library_page": lambda n: {"id": uid(1, 1 + n % DIFFERENT)},
        "blend_page": lambda n: {"id": uid(4, 1 + n % DIFFERENT * 3)},
        "feed": lambda _n: {"first": 50},
        "playlists_9450": lambda n: {"number": 1 + n % 30},
    }
)
OURS: Mapping[str, Callable[[int], Values]] = MappingProxyType(
    {
        "room_page": lambda n: {"id": global_id("Room", uid(2, room_read(n)))},
        "one_object": lambda n: {"id": global_id("User", uid(1, 1 + n % DIFFERENT * 13))},
        "send_message": _send_to_us,
    }
)
WRITES = frozenset({"send_message"})
WORKLOADS = tuple(VARIABLES)


@dataclass(frozen=True)
class Operation:
    """A document, and what the n-th call hands it."""

    name: str
    document: str
    variables: Callable[[int], Values]
    viewer: Callable[[int], int]
    """Who asks the n-th time, by number, where the schema wants to know."""

    def body(self, n: int) -> Values:
        """As it is posted."""
        return {"operationName": self.name, "query": self.document, "variables": self.variables(n)}


def operation(schema: str, workload: str) -> Operation | None:
    """What a workload asks of a schema; None where that has no such page."""
    document = document_of(schema, workload)
    if document is None:
        return None
    name = document.partition("(")[0].split()[1]
    variables = OURS if schema == CROSSFADE else VARIABLES
    return Operation(name, document, variables[workload], sender if workload in WRITES else reader)


def document_of(schema: str, name: str) -> str | None:
    """Its text in one line."""
    file = DOCUMENTS / schema / f"{name}.graphql"
    return " ".join(file.read_text(encoding="utf-8").split()) if file.exists() else None
