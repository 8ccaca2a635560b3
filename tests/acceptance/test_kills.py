"""Whatever is killed, nothing acknowledged is lost or doubled, and who listens hears all once, in order."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from tests.acceptance.house import House, children, kill, make_people, until, until_gone
from tests.acceptance.talk import ROOM, Listener, Sender, listening, order_of

pytestmark = pytest.mark.acceptance

SENDERS = 5
SENT_BETWEEN = 25
Kill = Callable[[int], list[int]]
"""Kills something of the house with this process; answers with the processes to wait for."""


def kill_gateway(pid: int) -> list[int]:
    kill(children(pid)["gateway"])
    return []


def kill_database(pid: int) -> list[int]:
    kill(children(pid)["postgres"])
    return []


def kill_all_but_the_database(pid: int) -> list[int]:
    family = children(pid)
    kill(pid)
    return [number for name, number in family.items() if name != "postgres"]


async def send_through(house: House, kills: list[Kill]) -> tuple[list[Sender], Listener, list[str]]:
    """Send and listen while the house is killed and started again; at the end everything has been heard."""
    process = await house.up()
    admin = await house.admin()
    tokens = await make_people(admin, SENDERS + 1)
    await admin.close()
    room = (await house.ask(ROOM, token=tokens[0]))["defaultRoom"]
    senders = [Sender(house, token, room["id"]) for token in tokens[1:]]
    listener = Listener(house, tokens[0], room["id"], room["eventCursor"])
    enough = asyncio.Event()

    def sent() -> int:
        return sum(len(sender.acknowledged) for sender in senders)

    async with listening(listener):
        async with asyncio.TaskGroup() as talking:
            for sender in senders:
                talking.create_task(sender.talk(enough))
            for kill_something in kills:
                before = sent()
                await until(lambda before=before: sent() >= before + SENT_BETWEEN)
                left = kill_something(process.pid)
                assert await house.ended(process) != 0
                await until_gone(*left)
                process = await house.up()
            enough.set()
        admin = await house.admin()
        order = await order_of(admin)
        await admin.close()
        await listener.has_heard(len(order))
    assert await house.stop(process) == 0
    return senders, listener, order


def check(senders: list[Sender], listener: Listener, order: list[str], kills: int) -> None:
    acknowledged = [key for sender in senders for key in sender.acknowledged]
    assert Counter(order) == Counter(acknowledged), "each acknowledged message is there, once"
    assert listener.heard == order, "each was heard, once, in the order of the room"
    assert listener.connections > kills
    assert sum(sender.tries for sender in senders) > len(acknowledged)


async def test_ten_times_the_gateway_is_killed_while_people_talk(house: House):
    kills = [kill_gateway] * 10
    check(*await send_through(house, kills), kills=len(kills))
    assert house.said().count("The gateway was killed by SIGKILL. Stopping the rest.") == len(kills)


async def test_the_database_and_the_house_itself_are_killed_while_people_talk(house: House):
    kills = [kill_database, kill_all_but_the_database]
    check(*await send_through(house, kills), kills=len(kills))
