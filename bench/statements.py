"""How many statements an operation costs, read from the database's own log: exact, and the same for all."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.data import execute
from bench.databases import Databases

TRIES = 7
SETTLE_SECONDS = 0.08
"""Some end their transaction when they have answered."""
LINE = re.compile(rb" LOG:  (?:statement|execute [^:]*): ")


@contextmanager
def logged(databases: Databases) -> Iterator[None]:
    """The database writes down each statement for the length of a block."""
    execute(databases.plain, "alter system set log_statement = 'all'", "select pg_reload_conf()")
    time.sleep(SETTLE_SECONDS)
    try:
        yield
    finally:
        execute(databases.plain, "alter system reset log_statement", "select pg_reload_conf()")


def count(databases: Databases, ask: Callable[[int], object]) -> int:
    """Of one operation, once all is prepared; what a server does of itself now and then is left out."""
    found = []
    for n in range(TRIES):
        start = databases.log.stat().st_size
        ask(n)
        time.sleep(SETTLE_SECONDS)
        with databases.log.open("rb") as log:
            log.seek(start)
            found.append(len(LINE.findall(log.read())))
    return statistics.mode(found)
