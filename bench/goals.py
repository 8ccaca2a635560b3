"""What must be reached, beside what was: told, and never a reason to fail."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report import Column

Row = dict[str, Any]
AT_LEAST, AT_MOST = "≥", "≤"
HOLDS: dict[str, Callable[[float, float], bool]] = {AT_LEAST: operator.ge, AT_MOST: operator.le}
COLUMNS = (
    Column("workload", "workload"),
    Column("peer", "peer"),
    Column("figure", "figure"),
    Column("must be", "must"),
    Column("is", "is", 3),
    Column("reached", "reached"),
)
RATIO = "ratios.requests_per_s_to_mercurius"
LESS_CPU = "ratios.stock_cpu_to_this"
ALONE, MANY = 1, 16
"""Concurrency: CPU is told by one caller at a time, throughput by many."""


@dataclass(frozen=True)
class Goal:
    """A figure of one row."""

    workload: str
    figure: str
    must: str
    bound: float
    concurrency: int | None = None
    peer: str = "crossfade"

    def row(self, rows: Sequence[Row]) -> Row | None:
        """That row."""
        return next((row for row in rows if self._is_of(row)), None)

    def value(self, row: Row) -> float | None:
        """What it came to."""
        found: Any = row
        for part in self.figure.split("."):
            found = found.get(part, {})
        return found if isinstance(found, int | float) else None

    def _is_of(self, row: Row) -> bool:
        is_so = row["workload"] == self.workload and row["peer"] == self.peer
        return is_so and (self.concurrency is None or row.get("concurrency") == self.concurrency)


PAGES = ("room_page", "library_page", "blend_page", "feed")
LEAST = {
    "room_page": 1.0,
    "library_page": 1.0,
    "blend_page": 1.0,
    "feed": 1.0,
    "send_message": 0.8,
    "one_object": 0.5,
}
MOST_CPU_MS = {"room_page": 0.75, "library_page": 2.0, "blend_page": 0.75, "feed": 0.75}
GOALS = (
    *(Goal(name, RATIO, AT_LEAST, bound, MANY) for name, bound in LEAST.items()),
    *(Goal(name, "server_cpu_ms", AT_MOST, bound, ALONE) for name, bound in MOST_CPU_MS.items()),
    *(Goal(name, LESS_CPU, AT_LEAST, 8, ALONE) for name in (*LEAST, "playlists_9450")),
    Goal("room_page", "ratios.server_cpu_to_mercurius", AT_LEAST, 8, ALONE, "stock"),
    Goal("room_page", "ratios.server_cpu_to_mercurius", AT_MOST, 16, ALONE, "stock"),
    Goal("one_room", "delivered_part", AT_LEAST, 1),
    Goal("one_room", "p99_ms", AT_MOST, 250),
    Goal("one_room", "cpu_s_per_1000", AT_MOST, 0.02),
    Goal("one_room", "kib_per_subscriber", AT_MOST, 40),
)


def reached(rows: Sequence[Row]) -> list[Row]:
    """A row for each goal of which there is a figure."""
    found = []
    for goal in GOALS:
        row = goal.row(rows)
        value = goal.value(row) if row else None
        if value is not None:
            is_so = HOLDS[goal.must](value, goal.bound)
            found.append(
                {
                    "workload": goal.workload,
                    "peer": goal.peer,
                    "figure": goal.figure.rpartition(".")[2],
                    "must": f"{goal.must} {goal.bound:g}",
                    "is": value,
                    "reached": "yes" if is_so else "NO",
                }
            )
    return found
