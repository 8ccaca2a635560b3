"""Databases before their first migration."""

import os

import asyncpg
import pytest


@pytest.fixture
async def empty_url(database_url, admin):
    """A database that holds nothing yet, as its superuser."""
    name = await admin.fetchval("select current_database() || '_empty'")
    await admin.execute(f"create database {name}")
    yield database_url.replace(f"/{name.removesuffix('_empty')}?", f"/{name}?")
    await admin.execute(f"drop database {name} with (force)")


@pytest.fixture
async def turn():
    """One migration at a time on the server: roles are the server's, and changing one twice at once fails."""
    connection = await asyncpg.connect(os.environ["CROSSFADE_TEST_SERVER"])
    await connection.execute("select pg_advisory_lock(1)")
    yield
    await connection.close()
