"""Messages that a page has shown are not asked for again."""

import asyncio

import pytest

from kit.pages import PageArgs
from resolvers.loaders import Loaders

NEWEST = PageArgs(3, is_backward=True, after=None, before=None)


@pytest.fixture
async def talk(people, rooms):
    """A room with five messages, and who says them."""
    ann = await people.person()
    place = await rooms.room(ann)
    return ann, place, [await rooms.message(place, ann, str(number)) for number in range(5)]


async def test_a_message_of_a_page_costs_nothing_behind_it_and_others_cost_one_statement(
    services, talk, statements
):
    ann, place, said = talk
    async with services.database.read(ann.id) as lease:
        loaders = Loaders(lease)
        page = await loaders.messages_by_room.load((place.id, NEWEST, ()))
        assert [row.id for row in page.nodes] == said[2:]
        statements.clear()
        assert (await loaders.message_by_id.load(said[3])).content == "3"
        assert statements.count == 0
        found = await loaders.message_by_id.load_many([said[4], said[0], 0])
        assert [row and row.content for row in found] == ["4", "0", None]
        assert statements.count == 1


async def test_who_asks_for_it_while_the_page_is_on_its_way_waits_for_the_page(services, talk, statements):
    ann, place, said = talk
    async with services.database.read(ann.id) as lease:
        loaders = Loaders(lease)
        statements.clear()
        page, message = await asyncio.gather(
            loaders.messages_by_room.load((place.id, NEWEST, ())), loaders.message_by_id.load(said[4])
        )
        assert message is page.nodes[-1]
        assert statements.count == 2


async def test_another_operation_asks_anew(services, talk, admin):
    ann, place, said = talk
    for content in ("before", "after"):
        await admin.execute("update chat_messages set content = $1", content)
        async with services.database.read(ann.id) as lease:
            loaders = Loaders(lease)
            await loaders.messages_by_room.load((place.id, NEWEST, ()))
            assert (await loaders.message_by_id.load(said[4])).content == content
