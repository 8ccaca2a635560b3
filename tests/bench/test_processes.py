"""CPU and memory are those of a process with its descendants."""

import os
import time

import pytest

from bench.processes import TICKS, cpu_seconds, machine_cpu_seconds, memory_kib, tree


@pytest.fixture
def proc(tmp_path):
    """As /proc would be: 10 has children 11 and 12, 12 has 13; 20 is somebody else's."""
    parents = {10: 1, 11: 10, 12: 10, 13: 12, 20: 1}
    for number, (pid, parent) in enumerate(parents.items()):
        folder = tmp_path / str(pid)
        (folder / "task" / str(pid)).mkdir(parents=True)
        ticks = "0 " * 9 + f"{100 * (number + 1)} 50"
        (folder / "stat").write_text(f"{pid} (a (strange) name) S {parent} {ticks} 0 0")
        (folder / "status").write_text(f"Name:\tx\nVmHWM:\t   {2000} kB\nVmRSS:\t    {1000} kB\n")
        (folder / "task" / str(pid) / "schedstat").write_text(f"{(number + 1) * 10**9} 5 5\n")
    return tmp_path


def test_a_tree_has_all_descendants_and_nobody_else(proc):
    assert sorted(tree(10, proc)) == [10, 11, 12, 13]
    assert tree(10, proc)[0] == 10
    assert tree(20, proc) == [20]


def test_cpu_is_summed_over_the_threads_of_the_tree(proc):
    assert cpu_seconds(10, proc) == 1 + 2 + 3 + 4
    thread = proc / "12" / "task" / "99"
    thread.mkdir()
    (thread / "schedstat").write_text("500000000 1 1\n")
    assert cpu_seconds(10, proc) == 10.5


def test_cpu_is_read_in_ticks_where_the_scheduler_does_not_tell(proc):
    for file in proc.glob("*/task/*/schedstat"):
        file.unlink()
    assert cpu_seconds(11, proc) == pytest.approx((200 + 50) / os.sysconf("SC_CLK_TCK"))


def test_the_machine_is_busy_with_all_but_idling_and_waiting(proc):
    (proc / "stat").write_text("cpu  1 2 3 1000 1000 4 5 6 0 0\ncpu0 1 2 3 1000 1000 4 5 6 0 0\n")
    assert machine_cpu_seconds(proc) == pytest.approx((1 + 2 + 3 + 4 + 5 + 6) / TICKS)


def test_memory_is_summed_over_the_tree(proc):
    assert memory_kib(10, proc=proc) == 4000
    assert memory_kib(12, "VmHWM", proc) == 4000


def test_a_process_that_has_just_ended_is_no_error(proc):
    (proc / "13" / "status").unlink()
    assert memory_kib(10, proc=proc) == 3000
    assert memory_kib(4711, proc=proc) == 0


def test_what_this_process_computes_is_seen():
    before, until = cpu_seconds(os.getpid()), time.process_time() + 0.02
    while time.process_time() < until:
        pass
    assert cpu_seconds(os.getpid()) - before > 0
