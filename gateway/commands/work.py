"""`crossfade worker`: one process that does jobs."""

import asyncio

import uvloop

from gateway.databases import check_migrated, existing
from gateway.lifeline import await_database
from gateway.worker import run_worker
from kit.log import configure_logs
from kit.settings import Settings
from models.access import WORKER


def main(settings: Settings, *, is_supervised: bool = False) -> int:
    """Do jobs until told to stop."""
    configure_logs(settings)
    if is_supervised:
        dsn = await_database()
    else:
        dsn = existing(settings).as_role(WORKER)
        asyncio.run(check_migrated(dsn))
    uvloop.run(run_worker(settings, dsn))
    return 0
