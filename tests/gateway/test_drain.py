"""A gateway that is told to stop: who listens is sent away to come again, who asked is answered."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.gateway.asking import ME, bearer, token_of
from tests.gateway.sockets import DEADLINE, eventually, opened, serving
from tests.gateway.test_sse import STREAM, stream


@pytest.fixture
async def ada(people):
    return await people.signed_in("ada")


@pytest.fixture
def token(services, ada):
    return token_of(services, ada)


@pytest.fixture
async def room(rooms, ada):
    return await rooms.room(ada)


async def test_all_are_sent_away_in_a_way_that_they_come_back_from(app, room, token):
    async with AsyncExitStack() as stack, AsyncExitStack() as server:
        address = await server.enter_async_context(serving(app))
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://{address}", trust_env=False, timeout=DEADLINE)
        )
        _, told = await stack.enter_async_context(stream(http, STREAM, token, id=room.gid))
        await anext(told)
        idle = await stack.enter_async_context(opened(address))
        listener = await stack.enter_async_context(opened(address))
        for socket in (idle, listener):
            await socket.begin(token)
        await listener.subscribe("s", STREAM, id=room.gid)
        await listener.next("s")
        await server.aclose()
        for socket in (idle, listener):
            assert await socket.end() == (1012, "The server restarts")
        (ended,) = [payload["data"]["roomEvents"] async for _, payload in told]
        assert (ended["__typename"], ended["reason"]) == ("StreamEnded", "SHUTTING_DOWN")


async def test_what_was_asked_is_answered_first(app, token, admin):
    async with AsyncExitStack() as stack, AsyncExitStack() as server:
        address = await server.enter_async_context(serving(app))
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://{address}", trust_env=False, timeout=DEADLINE)
        )
        socket = await stack.enter_async_context(opened(address))
        await socket.begin(token)
        await admin.execute("begin; lock table users in access exclusive mode")
        asking = asyncio.create_task(http.post("/graphql", json={"query": ME}, headers=bearer(token)))
        await socket.subscribe("1", ME)
        locked = "select count(*) = 2 from pg_locks where not granted"
        async with asyncio.timeout(DEADLINE):
            while not await admin.fetchval(locked):  # noqa: ASYNC110 - a table
                await asyncio.sleep(0.02)
        stopping = asyncio.create_task(server.aclose())
        await eventually(lambda: app.state.lives.is_draining)
        with pytest.raises(OSError, match="Connect"):
            await asyncio.open_connection(*address.split(":"))
        await admin.execute("rollback")
        me = {"data": {"viewer": {"user": {"username": "ada"}}}}
        assert (await asking).json() == me
        assert await socket.next("1") == me
        await socket.receive()
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
        assert closed.value.rcvd.code == 1012
        await stopping


async def test_a_gateway_that_stops_is_sent_no_requests(app):
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # its scope is a dictionary
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        assert (await http.get("/readyz")).json() == {"status": "ready"}
        app.state.lives.is_draining = True
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "stopping"})
