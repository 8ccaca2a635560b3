"""`make bench`: the gateway, a stock build, the peers and the floor, on the same rows and in the same run."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import fanout, goals, over_http
from bench.answers import AnswersDifferError
from bench.data import Sizes, execute
from bench.databases import Databases, databases
from bench.machine import machine, versions
from bench.measure import LoadFailedError
from bench.operations import WORKLOADS
from bench.report import Column, Row, described, keep, table, with_ratios, write
from bench.servers import NotStartedError, peers_folder

Asked = argparse.Namespace


@dataclass(frozen=True)
class Bench:
    """One kind of measurement."""

    name: str
    columns: Sequence[Column]
    run: Callable[[Asked, Databases, Path | None], list[Row]]


def _over_http(asked: Asked, opened: Databases, peers: Path | None) -> list[Row]:
    usual = over_http.Plan()
    plan = over_http.Plan(
        asked.workloads or usual.workloads,
        asked.peers or usual.peers,
        asked.concurrency or usual.concurrency,
        asked.rounds or usual.rounds,
        asked.seconds or usual.seconds,
        asked.warm_seconds or usual.warm_seconds,
    )
    return over_http.run(plan, opened, peers)


def _fanout(asked: Asked, opened: Databases, peers: Path | None) -> list[Row]:
    usual = fanout.Plan()
    plan = fanout.Plan(
        asked.peers or usual.peers,
        asked.subscribers or usual.subscribers,
        usual.rate,
        int(asked.seconds or usual.seconds),
        asked.rounds or usual.rounds,
    )
    return fanout.run(plan, opened, peers)


BENCHES = {
    bench.name: bench
    for bench in (
        Bench(over_http.NAME, over_http.COLUMNS, _over_http),
        Bench(fanout.NAME, fanout.COLUMNS, _fanout),
    )
}


def listed(text: str) -> list[str]:
    """Words between commas."""
    return text.split(",")


def numbers(text: str) -> list[int]:
    """Numbers between commas."""
    return [int(each) for each in listed(text)]


def arguments(given: Sequence[str]) -> Asked:
    """What to run; left out, everything, as each bench has it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="bench", help=f"{', '.join(BENCHES)}; left out, all")
    parser.add_argument(
        "--peers",
        type=listed,
        help=f"http: {', '.join(over_http.PEERS)}, core; fanout: {', '.join(fanout.PEERS)}",
    )
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of one measurement")
    parser.add_argument("--workloads", type=listed, help=f"http: {', '.join(WORKLOADS)}")
    parser.add_argument("--concurrency", type=numbers, help="http: requests on their way at once")
    parser.add_argument("--warm-seconds", type=float, help="http: before anything is measured")
    parser.add_argument("--subscribers", type=int, help="fanout: how many")
    parser.add_argument("--keep", action="store_true", help="put the tables into bench/README.md")
    asked = parser.parse_args(given)
    known = {"bench": BENCHES, "workload": WORKLOADS, "peer": {*over_http.PEERS, *fanout.PEERS, "core"}}
    named = {"bench": asked.benches, "workload": asked.workloads, "peer": asked.peers}
    for kind, names in named.items():
        if strange := [name for name in names or () if name not in known[kind]]:
            parser.error(f"no such {kind}: {', '.join(strange)}")
    return asked


def main(given: Sequence[str]) -> int:
    """Measure, tell, write down; a bench that cannot be run leaves the others their figures."""
    asked = arguments(given)
    peers, why_not = peers_folder()
    place = machine()
    if why_not:
        print(f"without Mercurius, PostGraphile and Yoga: {why_not}")
    print("loading the data set", flush=True)
    rows: dict[str, list[Row]] = {}
    failed = False
    with databases(Sizes()) as opened:
        what = versions(execute(opened.plain, "show server_version"), peers)
        for name in asked.benches or BENCHES:
            try:
                rows[name] = with_ratios(BENCHES[name].run(asked, opened, peers))
            except (NotStartedError, AnswersDifferError, LoadFailedError) as error:
                failed = True
                print(f"bench: {name}: {error}", file=sys.stderr)
    together = [row for found in rows.values() for row in found]
    write(place, what, together)
    tables = [table(found, BENCHES[name].columns) for name, found in rows.items()]
    said = "\n\n".join([described(place, what), *tables, table(goals.reached(together), goals.COLUMNS)])
    print(f"\n{said}")
    if asked.keep:
        keep(said)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
