"""Connections as the gateway's role, outside its pool."""

import asyncpg
import pytest

from gateway.databases import role_dsn
from models.access import GATEWAY


@pytest.fixture
async def connect(database_url):
    """Opens connections; closes them at the end."""
    opened = []

    async def connect(role=GATEWAY):
        opened.append(await asyncpg.connect(role_dsn(database_url, role, None)))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.terminate()
