"""Many gateways, and many people in one room."""

import asyncio

import pytest

from tests.acceptance.house import House, make_people
from tests.acceptance.talk import ROOM, Listener, Sender, listening, order_of

pytestmark = pytest.mark.acceptance

PEOPLE = 200


async def test_a_message_sent_through_one_gateway_is_heard_through_another(house: House):
    await asyncio.to_thread(house.database.start)
    other = House(house.folder)
    for each in (house, other):
        await each.until_ready(await each.run("serve"))
    admin = await house.admin()
    tokens = await make_people(admin, 2)
    room = (await house.ask(ROOM, token=tokens[0]))["defaultRoom"]
    senders = [Sender(house, tokens[0], room["id"]), Sender(other, tokens[1], room["id"])]
    listeners = [Listener(each, tokens[0], room["id"], room["eventCursor"]) for each in (house, other)]
    async with listening(*listeners):
        for sender in senders * 10:
            await sender.say("across")
        for listener in listeners:
            await listener.has_heard(20)
    assert listeners[0].heard == listeners[1].heard == await order_of(admin)
    await admin.close()
    for each in (house, other):
        assert await each.stop(each.processes[0]) == 0
    await other.http.aclose()


async def test_two_hundred_people_talk_at_once_and_everybody_hears_the_same(house: House):
    process = await house.up()
    admin = await house.admin()
    tokens = await make_people(admin, PEOPLE)
    room = (await house.ask(ROOM, token=tokens[0]))["defaultRoom"]
    senders = [Sender(house, token, room["id"]) for token in tokens]
    listeners = [Listener(house, token, room["id"], room["eventCursor"]) for token in tokens[:2]]
    async with listening(*listeners):
        await asyncio.gather(*(sender.say("all at once") for sender in senders))
        for listener in listeners:
            await listener.has_heard(PEOPLE)
    order = await order_of(admin)
    numbers = [row[0] for row in await admin.fetch("select seq from events order by seq")]
    await admin.close()
    assert numbers == list(range(1, PEOPLE + 1))
    assert sorted(order) == sorted(sender.acknowledged[0] for sender in senders)
    assert [listener.heard for listener in listeners] == [order, order]
    assert await house.stop(process) == 0
