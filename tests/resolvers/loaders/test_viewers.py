"""Loaders that depend on who asks are asked for whom: one lease answers for many people."""

import inspect
import itertools
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from kit.keyset import Keyset
from kit.statements import Statement
from models.declared import FUNCTIONS
from resolvers import loaders
from resolvers.loaders import Loaders
from resolvers.loaders.pages import PagesByParent

CALLED = re.compile(r"\bapp\.(\w+)")
OWN = {"AccountByUser", "SessionById", "IdentitiesByUser"}
"""These give nothing but the lease's viewer's own, as row security says; what is shared does not ask them."""


@pytest.fixture
async def shared(services, people):
    """Loaders over the lease of somebody who is in no room."""
    async with services.database.read((await people.person()).id) as lease:
        yield Loaders(lease)


async def test_one_statement_says_who_of_many_has_reacted(shared, rooms, people, admin, statements):
    ann, ben = [await people.person() for _ in range(2)]
    place = await rooms.room(ann, ben)
    first, second = [await rooms.message(place, ann) for _ in range(2)]
    for message, person, emoji in ((first, ann, "🎵"), (first, ben, "🥁"), (second, ann, "🥁")):
        await admin.execute(
            "insert into message_reactions (message_id, user_id, emoji, room_id) values ($1, $2, $3, $4)",
            *(message, person.id, emoji, place.id),
        )
    keys = list(itertools.product((ann.id, ben.id), (first, second), ("🎵", "🥁")))
    await shared.lease.enter()
    statements.clear()
    told = await shared.has_reacted_by_viewer_and_reaction.load_many(keys)
    assert [key for key, is_so in zip(keys, told, strict=True) if is_so] == [
        (ann.id, first, "🎵"),
        (ann.id, second, "🥁"),
        (ben.id, first, "🥁"),
    ]
    assert set(told) == {True, False}
    assert statements.count == 1


async def test_one_statement_counts_what_is_unread_for_many(shared, rooms, people, admin, statements):
    ann, ben, eve = [await people.person() for _ in range(3)]
    place, everywhere = await rooms.room(ann, ben), await rooms.default()
    read, *_ = [await rooms.message(place, ann) for _ in range(3)]
    seen, *_ = [await rooms.message(everywhere, ann) for _ in range(5)]
    await admin.execute("update room_members set last_read_message_id = $1 where user_id = $2", read, ben.id)
    await admin.execute("update accounts set default_room_seen_id = $1 where user_id = $2", seen, eve.id)
    await admin.execute("delete from users where id = $1", (gone := await people.person()).id)
    keys = [(who.id, where.id) for who in (ann, ben, eve, gone) for where in (place, everywhere)]
    await shared.lease.enter()
    statements.clear()
    assert await shared.unread_by_viewer_and_room.load_many(keys) == [0, 0, 2, 5, 0, 4, 0, 0]
    assert statements.count == 1


async def test_unread_are_those_that_one_wants_to_be_told_of(shared, rooms, people, admin):
    ann, ben = [await people.person() for _ in range(2)]
    place = await rooms.room(ann, ben)
    await rooms.message(place, ann)
    await admin.execute("update room_members set notify = 'nothing' where user_id = $1", ben.id)
    assert await shared.unread_by_viewer_and_room.load((ben.id, place.id)) == 0


async def test_one_statement_says_who_of_many_is_what_in_a_room(shared, rooms, people, statements):
    ann, ben, eve = [await people.person() for _ in range(3)]
    place = await rooms.room(ann, ben)
    await shared.lease.enter()
    statements.clear()
    found = await shared.member_by_room_and_user.load_many([(place.id, who.id) for who in (ann, ben, eve)])
    assert [each and each.role for each in found] == ["owner", "member", None]
    assert statements.count == 1


def sent_by_loaders():
    """Every statement of every loader, by the loader's name."""
    for module in pkgutil.iter_modules(loaders.__path__, f"{loaders.__name__}."):
        for name, loader in vars(import_module(module.name)).items():
            for each in vars(loader).values() if inspect.isclass(loader) else ():
                if isinstance(each, Statement):
                    yield name, each.sql
            if inspect.isclass(loader) and issubclass(loader, PagesByParent) and loader is not PagesByParent:
                for keyset in loader.lists.values():
                    yield from ((name, sql) for sql in sent_by_pages(keyset))


def sent_by_pages(keyset):
    assert isinstance(keyset, Keyset)
    for shape in itertools.product((False, True), repeat=3):
        yield keyset._compile(*shape).sql


def asks_for_the_viewer(sql):
    """By itself, or by a function of ours."""
    bodies = [(FUNCTIONS / f"{name}.sql").read_text(encoding="utf-8") for name in CALLED.findall(sql)]
    return any("app.viewer" in text for text in [sql, *bodies])


def test_no_statement_of_a_loader_asks_who_the_viewer_is():
    """Who asks is in the key: streams share loaders between people."""
    sent = list(sent_by_loaders())
    assert {name for name, sql in sent if asks_for_the_viewer(sql)} == set()
    made = {
        loader.func.__annotations__["return"] for loader in vars(Loaders).values() if hasattr(loader, "func")
    }
    assert {loader.__name__ for loader in made} == {name for name, _ in sent}
    assert {name for name, _ in sent} >= OWN


@pytest.mark.parametrize(
    "sql", ["select app.viewer()", "select app.find_rooms('', 1)", "select app.viewer_rooms()"]
)
def test_the_guard_finds_one_that_asks(sql):
    assert asks_for_the_viewer(sql)


def test_the_guard_lets_others_pass():
    assert not asks_for_the_viewer("select app.room_exists(id) from chat_rooms")
    assert Path(FUNCTIONS / "room_readers.sql").exists()
