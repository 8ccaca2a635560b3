"""What processes cost, as Linux counts it: CPU and memory of a process with all its descendants."""

import os
from collections import defaultdict
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
GONE = (FileNotFoundError, ProcessLookupError)


def tree(root: int, proc: Path = PROC) -> list[int]:
    """The process and its descendants, itself first."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for stat in proc.glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except GONE:
            continue
        children[parent].append(int(stat.parent.name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children[found[-1]]
    return found


def cpu_seconds(root: int, proc: Path = PROC) -> float:
    """What the tree has used so far. What ended before is not in it; servers and backends stay."""
    return sum(_cpu(proc / str(pid)) for pid in tree(root, proc))


def _cpu(process: Path) -> float:
    """From the scheduler, in nanoseconds, thread by thread; where it does not tell, in ticks of 10 ms."""
    try:
        threads = [int(each.read_text().split()[0]) for each in process.glob("task/*/schedstat")]
        if threads:
            return sum(threads) / 1e9
        words = (process / "stat").read_text().rpartition(")")[2].split()
    except GONE:
        return 0.0
    return (int(words[11]) + int(words[12])) / TICKS


def machine_cpu_seconds(proc: Path = PROC) -> float:
    """What all processes of the machine have used so far, and what the host took away."""
    user, nice, system, _, _, irq, softirq, steal = map(int, (proc / "stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def memory_kib(root: int, field: str = "VmRSS", proc: Path = PROC) -> int:
    """Of the tree: `VmRSS` now, `VmHWM` at most so far."""
    total = 0
    for pid in tree(root, proc):
        try:
            lines = (proc / str(pid) / "status").read_text().splitlines()
        except GONE:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
    return total
