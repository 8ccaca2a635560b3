"""What was measured, as tables and as JSON, with each server's ratio to those that it is held against."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
RESULTS = Path(__file__).parent / "results" / "latest.json"
README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- the last table -->", "<!-- its end -->"


@dataclass(frozen=True)
class Column:
    """One figure of a row, under a heading; `digits` are those behind the point."""

    heading: str
    name: str
    digits: int = 0

    def cell(self, row: Row) -> str:
        """As it is shown; a dash where the row has no such figure."""
        value: Any = row
        for part in self.name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None:
            return "-"
        return f"{value:,.{self.digits}f}" if isinstance(value, int | float) else str(value)


def with_ratios(rows: Sequence[Row]) -> list[Row]:
    """Each row with `ratios` to Mercurius and to the stock build.

    They are medians of the ratios of the rounds: within a round the machine is the same.
    """
    return [{**row, "ratios": _ratios(row, rows)} if "requests_per_s" in row else row for row in rows]


def _ratios(row: Row, rows: Sequence[Row]) -> dict[str, float]:
    found = {}
    mercurius, stock = (_beside(row, rows, peer) for peer in ("mercurius", "stock"))
    if mercurius:
        found["requests_per_s_to_mercurius"] = _median_ratio(row, mercurius, "requests_per_s")
        found["server_cpu_to_mercurius"] = _median_ratio(row, mercurius, "server_cpu_ms")
    if stock:
        found["stock_cpu_to_this"] = _median_ratio(stock, row, "server_cpu_ms")
    return found


def _beside(row: Row, rows: Sequence[Row], peer: str) -> Row | None:
    same = ("bench", "workload", "concurrency")
    found = (each for each in rows if all(each.get(name) == row.get(name) for name in same))
    return next((each for each in found if each["peer"] == peer and each.get("rounds")), None)


def _median_ratio(row: Row, other: Row, name: str) -> float:
    pairs = zip(row["rounds"], other["rounds"], strict=True)
    ratios: list[float] = [one[name] / two[name] for one, two in pairs if two[name]]
    return statistics.median(ratios)


def table(rows: Iterable[Row], columns: Sequence[Column]) -> str:
    """In Markdown, with columns as wide as they need to be."""
    cells = [
        [column.heading for column in columns],
        *([column.cell(row) for column in columns] for row in rows),
    ]
    widths = [max(map(len, each)) for each in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def described(machine: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """Where, and with what."""
    place = "{processor}, {cores} cores, {memory_gib} GiB, {system}; load before: {load_before}; {date}"
    things = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{place.format_map(machine)}\n\n{things}"


def write(
    machine: Mapping[str, Any], versions: Mapping[str, str], rows: Sequence[Row], to: Path = RESULTS
) -> None:
    """As JSON."""
    to.parent.mkdir(exist_ok=True)
    said = {"machine": dict(machine), "versions": dict(versions), "rows": list(rows)}
    to.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def keep(text: str, readme: Path = README) -> None:
    """Put the tables of this run in place of the last ones."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
