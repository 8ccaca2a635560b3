"""Houses for tests of real processes."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.acceptance.house import House


def open_folder() -> Path:
    """One that the database's unprivileged user may enter; pytest's own are private."""
    folder = Path(tempfile.mkdtemp(prefix="crossfade-house-"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
async def new_house() -> AsyncIterator[House]:
    """A house that nobody has entered yet."""
    house = House(open_folder())
    yield house
    await house.close()
    shutil.rmtree(house.folder)


@pytest.fixture(scope="session")
def lived_in() -> Iterator[Path]:
    """The data folder of a house after its first start, which takes longer than all later ones."""

    async def live() -> None:
        assert await house.stop(await house.up()) == 0
        await house.close()

    house = House(open_folder())
    asyncio.run(live())
    yield house.folder / "data"
    shutil.rmtree(house.folder)


@pytest.fixture
async def house(new_house: House, lived_in: Path) -> House:
    """A house with its tables and sample people."""
    await asyncio.to_thread(shutil.copytree, lived_in, new_house.folder / "data")
    return new_house
