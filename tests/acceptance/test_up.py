"""`crossfade up` brings everything, and takes everything with it when it goes."""

import asyncio
import re

import asyncpg
import pytest

from gateway.demo.story import PASSWORD
from tests.acceptance.house import House, children, is_alive, kill, make_people, until, until_gone
from tests.acceptance.talk import ROOM, Listener, Sender, listening

pytestmark = pytest.mark.acceptance

SIGN_IN = """mutation ($password: String!) {
  signIn(input: {email: "mira@example.com", password: $password}) { tokens { accessToken } } }"""
ME = "{ viewer { user { username } } }"


async def test_it_starts_prints_what_one_needs_answers_and_stops_the_database_last(new_house: House):
    house = new_house
    process = await house.up()
    await until_said(house, "Ready after")
    assert (await house.http.get("/healthz")).json() == {"status": "ok"}
    assert (await house.http.get("/readyz")).json() == {"status": "ready"}
    said = house.said()
    assert f"{house.address}/graphql" in said
    assert f"mira@example.com, password {PASSWORD}" in said
    printed = re.search(r'"Authorization": "Bearer (\S+)"', said)
    signed_in = (await house.ask(SIGN_IN, {"password": PASSWORD}))["signIn"]["tokens"]["accessToken"]
    for token in (printed[1], signed_in):
        assert (await house.ask(ME, token=token))["viewer"]["user"]["username"] == "mira"

    family = children(process.pid)
    assert set(family) == {"gateway", "worker", "postgres"}
    process.terminate()
    await until_gone(family["postgres"])
    assert not is_alive(family["gateway"])
    assert not is_alive(family["worker"])
    assert await house.ended(process) == 0
    assert house.said().endswith("Stopped.\n")


async def until_said(house: House, words: str) -> None:
    await until(lambda: words in house.said())


async def test_a_second_one_on_the_same_folder_says_so_and_harms_nothing(house: House):
    process = await house.up()
    second = await house.run("up", CROSSFADE_PORT="0")
    assert await house.ended(second) == 1
    assert f"already (process {process.pid})" in house.said()
    assert (await house.http.get("/readyz")).is_success


@pytest.mark.parametrize(
    ("victim", "said"),
    [("worker", "The worker was killed by SIGKILL."), ("postgres", "The database ended.")],
)
async def test_a_process_that_dies_takes_the_house_down(house: House, victim, said):
    process = await house.up()
    await until_said(house, "Ready after")
    family = children(process.pid)
    kill(family[victim])
    assert await house.ended(process) == 1
    assert f"{said} Stopping the rest." in house.said()
    await until_gone(*family.values())


async def test_killed_itself_it_leaves_no_gateway_and_no_worker_and_starts_again(house: House):
    process = await house.up()
    await until_said(house, "Ready after")
    family = children(process.pid)
    process.kill()
    await until_gone(family["gateway"], family["worker"])
    await house.up()
    assert (await house.http.get("/readyz")).is_success


async def test_what_runs_when_it_is_told_to_stop_is_finished_first(house: House):
    process = await house.up()
    admin = await house.admin()
    (token,) = await make_people(admin, 1)
    room = (await house.ask(ROOM, token=token))["defaultRoom"]
    listener = Listener(house, token, room["id"], room["eventCursor"])
    sender = Sender(house, token, room["id"])
    async with listening(listener):
        await hold_back(admin)
        saying = asyncio.create_task(sender.say("the last word"))
        await until_held_back(admin)
        process.terminate()
        await until(lambda: refuses(house))
        assert not saying.done()
        assert is_alive(children(process.pid)["postgres"])
        await admin.execute("rollback")
        await saying
    await admin.close()
    assert await house.ended(process) == 0
    assert sender.tries == 1
    assert listener.close_codes[0] == 1012


async def hold_back(admin: asyncpg.Connection) -> None:
    """Make whoever sends something wait."""
    await admin.execute("begin; lock table chat_messages in access exclusive mode")


async def until_held_back(admin: asyncpg.Connection) -> None:
    await until(lambda: admin.fetchval("select exists (select from pg_locks where not granted)"))


async def refuses(house: House) -> bool:
    """Whether nobody takes a new connection."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", house.port)
    except ConnectionRefusedError:
        return True
    writer.close()
    await writer.wait_closed()
    return False
