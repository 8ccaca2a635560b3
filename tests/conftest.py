"""One server for the run, a database of its own for each test, and a gateway on it."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from gateway.app import create_app
from gateway.embedded import EmbeddedPostgres
from gateway.migrations import migrate, role_dsn
from gateway.services import Plug, open_services
from kit.bus import LocalBus
from kit.settings import Settings
from models.access import GATEWAY
from resolvers.context import Services
from tests.client import Client, Statements
from tests.factories.identity import People
from tests.factories.rooms import Rooms

SERVER = "CROSSFADE_TEST_SERVER"
TEMPLATE = "crossfade_template"
SECRET = "a secret for tests only, long enough"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "500"}


def database_dsn(server: str, database: str) -> str:
    """The same server, another database."""
    return server.replace("@/postgres?", f"@/{database}?")


def pytest_configure(config: pytest.Config) -> None:
    """The process that hands out the tests starts the server; its workers find it in their environment."""
    if hasattr(config, "workerinput") or config.option.collectonly or SERVER in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="crossfade-tests-"))
    folder.chmod(0o711)  # as root, the server runs as somebody else
    server = EmbeddedPostgres(folder / "data", elsewhere=folder / "elsewhere", settings=FAST)
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ[SERVER] = server.start()
    config.add_cleanup(server.stop)
    config.add_cleanup(lambda: os.environ.pop(SERVER))
    asyncio.run(make_template(os.environ[SERVER]))


async def make_template(server: str) -> None:
    """A migrated database, to be cloned."""
    connection = await asyncpg.connect(server)
    await connection.execute(f"create database {TEMPLATE}")
    await connection.close()
    await migrate(database_dsn(server, TEMPLATE), None)


@pytest.fixture
async def database_url() -> AsyncIterator[str]:
    """A fresh database, as its superuser."""
    server, name = os.environ[SERVER], f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"create database {name} template {TEMPLATE}")
    yield database_dsn(server, name)
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The superuser, for arranging what no operation can and for looking behind the answers."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, whatever the environment says."""
    return Settings(_env_file=None, data_folder=tmp_path, secret_key=SECRET, log_level="warning")  # type: ignore[call-arg]


@pytest.fixture
async def services(database_url: str, settings: Settings) -> AsyncIterator[Services]:
    """One gateway process' services."""
    plug = Plug(role_dsn(database_url, GATEWAY, None), LocalBus())
    async with open_services(settings, plug) as opened:
        yield opened


@pytest.fixture
async def client(services: Services, settings: Settings) -> AsyncIterator[Client]:
    """Asks the gateway: by its schema, or over HTTP."""
    app = create_app(settings, lambda: open_services(settings, Plug("", LocalBus())))
    app.state.services = services
    async with Client(app, services) as opened:
        yield opened


@pytest.fixture
def statements(services: Services) -> Statements:
    """Every message sent to PostgreSQL since the last `clear`."""
    return Statements(services.database)


@pytest.fixture
def people(admin: asyncpg.Connection) -> People:
    """Makes people."""
    return People(admin)


@pytest.fixture
def rooms(admin: asyncpg.Connection) -> Rooms:
    """Makes rooms."""
    return Rooms(admin)
