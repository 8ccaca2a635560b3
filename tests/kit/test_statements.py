"""Statements are compiled once, and say the same to the driver as to SQLAlchemy."""

from enum import StrEnum
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import (
    ARRAY,
    Column,
    Enum,
    Integer,
    MetaData,
    String,
    Table,
    Uuid,
    column,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.types import TypeDecorator

from kit.db import prepare_connection
from kit.statements import Record, Statement, by_key, keys, param


class Mood(StrEnum):
    """Names that are not their values."""

    BRIGHT = "light"
    DARK = "heavy"


class Doubled(TypeDecorator):
    """A type of one's own that changes what is sent."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else value * 2


mood = Enum(Mood, name="mood", values_callable=lambda members: [member.value for member in members])
songs = Table(
    "songs",
    MetaData(),
    Column("id", Integer),
    Column("name", String),
    Column("mood", mood),
    Column("owner", Uuid),
    Column("double", Doubled),
)
s = songs.c


class Song(Record):
    """A row with a property of its own."""

    @property
    def shout(self):
        return self.name.upper()


@pytest.fixture
async def connection(admin):
    await prepare_connection(admin)
    await admin.execute("""
        create type mood as enum ('light', 'heavy');
        create table songs (id int, name text, mood mood, owner uuid, double int);
        insert into songs values
          (1, 'one', 'light', null, 2), (2, 'two', 'heavy', null, 4), (3, 'three', 'light', null, 6)
    """)
    return admin


async def run(connection, statement, **values):
    rows = await connection.fetch(statement.sql, *statement.args(values), record_class=statement.row)
    return [tuple(row) for row in rows]


async def test_a_parameter_that_stands_twice_is_sent_once(connection):
    which = param("which", Integer())
    statement = Statement(select(s.name).where((s.id == which) | (s.id == which + 1)).order_by(s.id), Record)
    assert len(statement.args({"which": 1})) == 2  # the other one is the 1 that is added
    assert await run(connection, statement, which=1) == [("one",), ("two",)]
    assert await run(connection, statement, which=3) == [("three",)]


async def test_constants_are_sent_as_they_stand(connection):
    statement = Statement(select(s.name).where(s.id > 1, s.name != "two"), Record)
    assert sorted(map(str, statement.args({}))) == ["1", "two"]
    assert await run(connection, statement) == [("three",)]


async def test_a_constant_of_an_enum_is_sent_by_its_value(connection):
    statement = Statement(select(s.id).where(s.mood == Mood.DARK), Record)
    assert statement.args({}) == ["heavy"]
    assert await run(connection, statement) == [(2,)]


async def test_a_member_of_an_enum_may_be_given_where_its_value_is_its_text(connection):
    statement = Statement(select(s.id).where(s.mood == param("mood", mood)).order_by(s.id), Record)
    assert await run(connection, statement, mood="light") == [(1,), (3,)]
    assert await run(connection, statement, mood=Mood.BRIGHT) == [(1,), (3,)]


async def test_a_type_of_ones_own_changes_constants_and_not_what_is_given(connection):
    fixed = Statement(select(s.id).where(s.double == 3), Record)
    given = Statement(select(s.id).where(s.double == param("double", Doubled())), Record)
    assert await run(connection, fixed) == [(3,)]
    assert await run(connection, given, double=6) == [(3,)]


async def test_null_as_a_constant_and_as_a_value_is_null(connection):
    fixed = Statement(
        update(songs).values(name=None, owner=None).where(s.id == 1).returning(s.name, s.owner), Record
    )
    given = Statement(update(songs).values(owner=param("owner", Uuid())).returning(s.owner), Record)
    assert await run(connection, fixed) == [(None, None)]
    assert await run(connection, given, owner=None) == [(None,)] * 3


@pytest.mark.parametrize("given", [{}, {"other": 1}, {"Which": 1}])
def test_a_missing_value_is_a_key_error(given):
    statement = Statement(select(s.id).where(s.id == param("which", Integer())), Record)
    with pytest.raises(KeyError, match="which"):
        statement.args(given)


def test_a_value_that_nobody_asked_for_is_not_sent():
    statement = Statement(select(s.id).where(s.id == param("which", Integer())), Record)
    assert statement.args({"which": 1, "other": 2}) == [1]


async def test_values_are_in_the_order_of_the_statement_however_they_are_given(connection):
    statement = Statement(
        select(s.name).where(s.double > param("b", Integer()), s.id < 3, s.name != param("a", String())),
        Record,
    )
    assert statement.args({"a": "x", "b": 3}) == [3, 3, "x"]
    assert await run(connection, statement, a="one", b=3) == [("two",)]


async def test_a_list_of_keys_is_one_parameter_however_long(connection):
    statement = Statement(select(s.name).where(s.id == keys("ids", Integer())).order_by(s.id), Record)
    assert await run(connection, statement, ids=[3, 1, 9]) == [("one",), ("three",)]
    assert await run(connection, statement, ids=[]) == []
    assert statement.sql.count("$") == 1


async def test_plain_sql_takes_typed_and_untyped_names(connection):
    typed = Statement(
        text("select name from songs where id = any(:ids) and id > :low order by id").bindparams(
            param("ids", ARRAY(Integer())), param("low", Integer())
        ),
        Record,
    )
    untyped = Statement(text("select name from songs where id = :id"), Record)
    assert await run(connection, typed, ids=[1, 2, 3], low=1) == [("two",), ("three",)]
    assert await run(connection, untyped, id=1) == [("one",)]
    with pytest.raises(KeyError, match="low"):
        typed.args({"ids": [1]})


async def test_colons_and_percent_signs_of_plain_sql_stay(connection):
    statement = Statement(
        text("select '12:30'::text, 5 % 3, 'a\\:b', name like 't%' from songs where id = 2"), Record
    )
    assert await run(connection, statement) == [("12:30", 2, "a:b", True)]


async def test_many_rows_are_inserted_by_one_statement(connection):
    statement = Statement(
        insert(songs).values(id=param("id", Integer()), name=param("name", String())), Record
    )
    await connection.executemany(statement.sql, [statement.args({"id": n, "name": str(n)}) for n in (7, 8)])
    assert (
        await connection.fetchval("select string_agg(name, ',' order by id) from songs where id > 6") == "7,8"
    )


async def test_text_with_quotes_and_dollars_is_only_text(connection):
    evil = "'; drop table songs; -- $1 :x %s"
    statement = Statement(
        select(s.id, column("given"))
        .select_from(songs, select(param("given", String()).label("given")).subquery())
        .where(s.id == 1),
        Record,
    )
    assert await run(connection, statement, given=evil) == [(1, evil)]


async def test_columns_are_attributes_and_unknown_ones_are_not(connection):
    statement = Statement(select(s.id, s.name).where(s.id == 1), Song)
    row = await connection.fetchrow(statement.sql, *statement.args({}), record_class=statement.row)
    assert (type(row), row.id, row.name, row["name"], row.shout) == (Song, 1, "one", "one", "ONE")
    assert not hasattr(row, "mood")
    with pytest.raises(AttributeError, match="mood"):
        getattr(row, "mood")  # noqa: B009 - it is read for its error


async def test_rows_are_found_by_a_column(connection):
    rows = await connection.fetch("select id, name from songs", record_class=Record)
    assert {key: row.name for key, row in by_key(rows, "id").items()} == {1: "one", 2: "two", 3: "three"}


async def test_a_value_of_the_wrong_kind_is_an_error_before_anything_happens(connection):
    statement = Statement(update(songs).values(owner=param("owner", Uuid())), Record)
    with pytest.raises(asyncpg.DataError):
        await run(connection, statement, owner="no uuid")
    assert await run(connection, statement, owner=uuid4()) == []
