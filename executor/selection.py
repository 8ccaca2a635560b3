"""A selection: all fields of all objects of a level, started together."""

from collections.abc import Mapping, Sequence
from typing import Any

from executor.columns import spread
from executor.fields import Field
from executor.leaves import Odd
from executor.places import FieldPlaces, Places
from executor.rows import Constant, Entry, Filled, Inline, Rows
from executor.running import Column, Failed, Later, Run, join, then, there


class Selection:
    """Makes one object of each source."""

    def __init__(
        self, entries: Sequence[Entry], fields: Mapping[str, Field], required: Sequence[str]
    ) -> None:
        self._entries = entries
        self._fields = fields
        self._filled = [fields[entry.key] for entry in entries if isinstance(entry, Filled)]
        self._required = required
        self._rows = Rows(entries)

    def __call__(self, run: Run, sources: Column, places: Places) -> Later:
        started = [field.start(run, sources, places) for field in self._filled]
        return join(run, started, lambda columns: self._built(run, sources, places, columns))

    async def serially(self, run: Run, source: Any, places: Places) -> Column:
        """One field after the other, up to the first failure that takes the object away."""
        columns: list[Column] = []
        for field in self._filled:
            column = await there(field.start(run, [source], places))
            if type(column[0]) is Failed:
                return column
            columns.append(column)
        return await there(self._built(run, [source], places, columns))

    def _built(self, run: Run, sources: Column, places: Places, columns: list[Column]) -> Later:
        odd: list[Odd] = []
        try:
            rows = self._rows(sources, columns, odd)
        except Exception:  # noqa: BLE001 - something cannot be read: each field by itself says what
            return self._slowly(run, sources, places, columns)
        if odd:
            return then(self._looked_at(run, rows, places), lambda known: self._bubbled(run, known))
        return self._bubbled(run, rows)

    def _bubbled(self, run: Run, rows: Column) -> Column:
        """Objects, and for those that miss what may not be null, the failure."""
        if not run.failures:
            return rows
        return [
            next(
                (row[key] for key in self._required if type(row[key]) is Failed), row
            )  # in the fields' order
            for row in rows
        ]

    def _looked_at(self, run: Run, rows: Column, places: Places) -> Later:
        """The odd values of each field completed as a column of their own."""
        known: Later = rows
        for entry in self._entries:
            if isinstance(entry, Inline):
                known = then(known, _Looking(run, self._fields[entry.key], places))
        return known

    def _slowly(self, run: Run, sources: Column, places: Places, columns: list[Column]) -> Later:
        """Each attribute as a column of its own."""
        filled = iter(columns)
        started = [
            [entry.value] * len(sources)
            if isinstance(entry, Constant)
            else (
                next(filled)
                if isinstance(entry, Filled)
                else self._fields[entry.key].start(run, sources, places)
            )
            for entry in self._entries
        ]
        return join(run, started, lambda known: self._bubbled(run, self._assembled(known)))

    def _assembled(self, columns: list[Column]) -> Column:
        keys = [entry.key for entry in self._entries]
        return [dict(zip(keys, cells, strict=True)) for cells in zip(*columns, strict=True)]


class _Looking:
    """Completes what is odd in one field of built objects."""

    def __init__(self, run: Run, field: Field, places: Places) -> None:
        self._run = run
        self._field = field
        self._places = places

    def __call__(self, rows: Column) -> Later:
        cells = [row[self._field.key] for row in rows]
        values = [cell.value if type(cell) is Odd else cell for cell in cells]
        indexes = [index for index, cell in enumerate(cells) if type(cell) is Odd]
        here = FieldPlaces(self._places, self._field.key, self._field.typename)
        completed = spread(self._run, self._field.complete, values, indexes, here)
        return then(completed, lambda known: self._put_in(rows, known))

    def _put_in(self, rows: Column, known: Column) -> Column:
        for row, value in zip(rows, known, strict=True):
            row[self._field.key] = value
        return rows
