"""Every table, every role, every command: who sees, makes, changes and takes away which rows."""

import pytest

from models.access import GATEWAY, OWNER, POLICY, WORKER
from tests.access_table import ACTORS, TABLES, rows
from tests.models.new_rows import CHANGE, NEW
from tests.models.world import World

TWINS = {"unmuted": "member", "pardoned": "member"}
"""Whose muting and ban are over: as any member."""


@pytest.fixture
async def world(admin):
    world = World(admin)
    await world.prepare()
    return world


def everybody(cells):
    """All actors with their cells, the twins with those of whom they are like."""
    return {**cells, **{twin: cells[like] for twin, like in TWINS.items()}}


def lines(table, command):
    return [(what, everybody(cells)) for done, what, cells in rows(table) if done == command]


def meant(cells, labels=frozenset()):
    """What the cells of a line say, in rows."""
    return {actor: rows_of(cell, actor, labels) for actor, cell in cells.items()}


def rows_of(cell, actor, labels):
    if cell in {"yes", "refused"}:
        return cell
    if cell == "denied":
        return "permission denied"
    if cell == "all":
        return set(labels)
    found = set()
    for words in [] if cell == "none" else [part.split() for part in cell.split(",")]:
        assert set(words) <= {"own", "default", "public", "private"}, cell
        whose, places = "own" in words, set(words) - {"own"}
        found |= {
            (person, place)
            for person, place in labels
            if (not whose or person == actor) and (not places or place in places)
        }
    return found


@pytest.mark.parametrize("table", TABLES)
async def test_who_sees_which_rows(table, world):
    ((_, cells),) = lines(table, "select")
    labels = set((await world.labels(table)).values())
    assert labels
    assert {actor: await world.select(table, GATEWAY, actor) for actor in cells} == meant(cells, labels)


@pytest.mark.parametrize("table", TABLES)
async def test_who_makes_which_rows(table, world):
    expected = dict(lines(table, "insert"))
    assert expected.keys() == NEW[table].keys()
    for what, cells in expected.items():
        found = {actor: await world.insert(table, GATEWAY, actor, what) for actor in cells}
        assert found == meant(cells), what


@pytest.mark.parametrize("table", TABLES)
async def test_who_changes_which_columns_of_which_rows(table, world):
    labels = set((await world.labels(table)).values())
    allowed = {column: cells for what, cells in lines(table, "update") for column in what.split(", ") if what}
    columns = await world.columns(table)
    assert allowed.keys() <= columns
    for column in sorted(columns):
        cells = allowed.get(column, everybody(dict.fromkeys(ACTORS, "denied")))
        value = CHANGE[column] if column in allowed else "default"
        found = {actor: await world.update(table, GATEWAY, actor, f"{column} = {value}") for actor in cells}
        assert found == meant(cells, labels), column


@pytest.mark.parametrize("table", TABLES)
async def test_who_takes_which_rows_away(table, world):
    ((_, cells),) = lines(table, "delete")
    labels = set((await world.labels(table)).values())
    assert {actor: await world.delete(table, GATEWAY, actor) for actor in cells} == meant(cells, labels)


@pytest.mark.parametrize("role", [OWNER, WORKER, POLICY])
async def test_who_does_not_act_for_a_person_may_do_everything_with_every_row(role, world):
    for table in TABLES:
        labels = set((await world.labels(table)).values())
        assert await world.select(table, role, "nobody") == labels, table
        for column in await world.columns(table, is_settable=True):
            assert await world.update(table, role, "nobody", f"{column} = {column}") == labels, (
                table,
                column,
            )
        for what in NEW[table]:
            made = "taken" if what == "own default" else "yes"  # there is one default room
            assert await world.insert(table, role, "stranger", what) == made, (table, what)
        assert await world.delete(table, role, "nobody") == labels, table
