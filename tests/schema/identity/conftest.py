"""A gateway whose passwords are quick to hash, and whose sweeps are rare enough to count statements."""

import pytest

from tests.factories.identity import CHEAP


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"sweep_seconds": 60})


@pytest.fixture(autouse=True)
def cheap_passwords(services):
    services.passwords._hasher = CHEAP
