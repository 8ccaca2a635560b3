"""A gateway on a port of this machine; and sessions of sockets, with a desk that has no database."""

import asyncio

import pytest

from gateway.app import create_app
from gateway.transport.ws import Session
from kit.settings import Settings
from resolvers.context import Request
from tests.gateway.sessions import Wire
from tests.gateway.sockets import serving
from tests.gateway.stubs import Somebody, stub_desk


@pytest.fixture
def app(services, settings):
    """One gateway with the services of the test."""
    made = create_app(settings, lambda: None)  # type: ignore[arg-type, return-value]  # services are open
    made.state.services = services
    return made


@pytest.fixture
async def address(app):
    """Where it listens."""
    async with serving(app) as found:
        yield found


@pytest.fixture
def narrow(settings: Settings) -> Settings:
    """Settings with limits that are soon reached."""
    changes = {
        "max_operations_per_socket": 3,
        "max_subscriptions_per_socket": 4,
        "max_waiting_events": 5,
        "max_waiting_bytes": 1024,
    }
    return settings.model_copy(update=changes)


@pytest.fixture
async def desk(narrow):
    return stub_desk(narrow)


@pytest.fixture
def answering(desk):
    return desk.answering


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
async def session(desk, wire):
    made = Session(desk, wire, Request(), "r" * 32)
    yield made
    if wire.closed is None:
        made.close(1000, "")
    made.lost()
    await asyncio.sleep(0)
    assert (len(desk.lives), desk.metrics.sockets, desk.metrics.streams["websocket"]) == (0, 0, 0)
    assert not any(desk.heart._slots)
    assert not desk.services.ended_sessions._watchers


@pytest.fixture
def ada():
    return Somebody()
