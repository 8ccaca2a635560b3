"""Ratios, tables and goals say what the samples say."""

import json

import pytest

from bench.goals import reached
from bench.measure import Sample
from bench.over_http import medians, turned
from bench.report import BEGIN, END, Column, keep, table, with_ratios, write


def row(peer, requests, cpu, workload="room_page", concurrency=16):
    rounds = [{"requests_per_s": r, "server_cpu_ms": c} for r, c in zip(requests, cpu, strict=True)]
    return {
        "bench": "http",
        "workload": workload,
        "peer": peer,
        "concurrency": concurrency,
        "requests_per_s": sorted(requests)[len(requests) // 2],
        "server_cpu_ms": sorted(cpu)[len(cpu) // 2],
        "rounds": rounds,
    }


ROWS = [
    row("crossfade", [900, 500, 1100], [0.5, 1.0, 0.5]),
    row("mercurius", [1000, 1000, 1000], [1.0, 1.0, 1.0]),
    row("stock", [100, 100, 100], [10.0, 10.0, 9.0]),
    row("crossfade", [100, 100, 100], [4.0, 4.0, 4.0], concurrency=1),
]


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds():
    ours, mercurius, stock, alone = with_ratios(ROWS)
    assert ours["ratios"] == {
        "requests_per_s_to_mercurius": pytest.approx(0.9),
        "server_cpu_to_mercurius": pytest.approx(0.5),
        "stock_cpu_to_this": pytest.approx(18),
    }
    assert mercurius["ratios"]["requests_per_s_to_mercurius"] == 1
    assert stock["ratios"]["server_cpu_to_mercurius"] == 10
    assert alone["ratios"] == {}, "nobody else was asked one at a time"


def test_rows_without_throughput_have_no_ratios():
    fanout = {"bench": "fanout", "peer": "loop", "workload": "one_room"}
    assert with_ratios([fanout]) == [fanout]


def test_a_goal_is_held_against_the_row_it_is_about():
    found = {(goal["workload"], goal["figure"]): goal for goal in reached(with_ratios(ROWS))}
    assert found["room_page", "requests_per_s_to_mercurius"]["reached"] == "NO"
    assert found["room_page", "server_cpu_ms"] == {
        "workload": "room_page",
        "peer": "crossfade",
        "figure": "server_cpu_ms",
        "must": "≤ 0.75",
        "is": 4.0,
        "reached": "NO",
    }
    assert ("feed", "requests_per_s_to_mercurius") not in found, "of which there is no figure"


def test_a_row_has_medians_of_its_samples():
    samples = [Sample(*[float(number)] * 9) for number in (3, 1, 2)]
    assert set(medians(samples).values()) == {2.0}


def test_each_round_begins_with_another_one():
    assert [turned(["a", "b", "c"], number)[0] for number in range(4)] == ["a", "b", "c", "a"]
    assert sorted(turned(["a", "b", "c"], 2)) == ["a", "b", "c"]


def test_a_table_has_a_dash_where_there_is_no_figure():
    columns = (Column("peer", "peer"), Column("ratio", "ratios.to", 2), Column("n", "n"))
    text = table([{"peer": "a", "ratios": {"to": 1.234}, "n": 12345}, {"peer": "bb"}], columns)
    assert text.splitlines() == [
        "| peer | ratio | n      |",
        "|------|-------|--------|",
        "| a    | 1.23  | 12,345 |",
        "| bb   | -     | -      |",
    ]


def test_the_results_are_one_object_with_machine_versions_and_rows(tmp_path):
    file = tmp_path / "results" / "latest.json"
    write({"cores": 2}, {"python": "3"}, ROWS, file)
    assert json.loads(file.read_text()) == {
        "machine": {"cores": 2},
        "versions": {"python": "3"},
        "rows": ROWS,
    }


def test_the_last_table_takes_the_place_of_the_one_before(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"# Bench\n{BEGIN}\n\nold\n\n{END}\nmore\n")
    keep("new", readme)
    assert readme.read_text() == f"# Bench\n{BEGIN}\n\nnew\n\n{END}\nmore\n"
