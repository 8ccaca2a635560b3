"""`crossfade worker`: one process that does jobs."""

import uvloop

from gateway.databases import checked, existing
from gateway.lifeline import await_database
from gateway.worker import run_worker
from kit.log import configure_logs
from kit.settings import Settings
from models.access import WORKER


def main(settings: Settings, *, is_supervised: bool = False) -> int:
    """Do jobs until told to stop."""
    configure_logs(settings)
    dsn = await_database() if is_supervised else checked(existing(settings).as_role(WORKER))
    uvloop.run(run_worker(settings, dsn))
    return 0
