"""`make bench`: the gateway, a stock build, the peers and the floor, on the same rows and in the same run."""

import argparse
import sys
from collections.abc import Sequence

from bench import over_http
from bench.answers import AnswersDifferError
from bench.data import Sizes, execute
from bench.databases import databases
from bench.goals import reached
from bench.machine import machine, versions
from bench.measure import LoadFailedError
from bench.operations import WORKLOADS
from bench.report import Column, Row, described, keep, table, with_ratios, write
from bench.servers import NotStartedError, peers_folder

HTTP = (
    Column("workload", "workload"),
    Column("at once", "concurrency"),
    Column("peer", "peer"),
    Column("requests/s", "requests_per_s"),
    Column("to Mercurius", "ratios.requests_per_s_to_mercurius", 2),
    Column("p50 ms", "p50_ms", 2),
    Column("p99 ms", "p99_ms", 2),
    Column("server CPU ms", "server_cpu_ms", 2),
    Column("stock to it", "ratios.stock_cpu_to_this", 1),
    Column("database CPU ms", "database_cpu_ms", 2),
    Column("statements", "statements"),
    Column("KiB", "answer_kib", 1),
    Column("memory MiB", "memory_mib"),
)
GOALS = (
    Column("workload", "workload"),
    Column("peer", "peer"),
    Column("figure", "figure"),
    Column("must be", "must"),
    Column("is", "is", 2),
    Column("reached", "reached"),
)


def listed(text: str) -> list[str]:
    """Words between commas."""
    return text.split(",")


def numbers(text: str) -> list[int]:
    """Numbers between commas."""
    return [int(each) for each in listed(text)]


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """What to run; left out, everything."""
    usual = over_http.Plan()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benches", nargs="*", default=[over_http.NAME], help="http, fanout")
    parser.add_argument("--workloads", type=listed, default=WORKLOADS, help=",".join(WORKLOADS))
    parser.add_argument("--peers", type=listed, default=usual.peers, help=",".join(usual.peers))
    parser.add_argument("--concurrency", type=numbers, default=usual.concurrency)
    parser.add_argument("--rounds", type=int, default=usual.rounds)
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of one measurement")
    parser.add_argument("--warm-seconds", type=float, default=usual.warm_seconds)
    parser.add_argument("--keep", action="store_true", help="put the tables into bench/README.md")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    """Measure, tell, write down."""
    asked = arguments(given)
    peers, why_not = peers_folder()
    place = machine()
    if why_not:
        print(f"without Mercurius, PostGraphile and Yoga: {why_not}")
    print("loading the data set", flush=True)
    try:
        with databases(Sizes()) as opened:
            what = versions(execute(opened.plain, "show server_version"), peers)
            rows: list[Row] = []
            if over_http.NAME in asked.benches:
                plan = over_http.Plan(
                    asked.workloads,
                    asked.peers,
                    asked.concurrency,
                    asked.rounds,
                    asked.seconds,
                    asked.warm_seconds,
                )
                rows += over_http.run(plan, opened, peers)
    except (NotStartedError, AnswersDifferError, LoadFailedError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    rows = with_ratios(rows)
    write(place, what, rows)
    said = "\n\n".join([described(place, what), table(rows, HTTP), table(reached(rows), GOALS)])
    print(f"\n{said}")
    if asked.keep:
        keep(said)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
