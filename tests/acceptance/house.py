"""A whole Crossfade in processes of its own, to be started, killed and started again."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from gateway.embedded import EmbeddedPostgres
from kit.clock import now
from services.identity.tokens import AccessTokens
from tests.conftest import SECRET
from tests.factories.identity import People

PROJECT = Path(__file__).resolve().parents[2]
CROSSFADE = Path(sys.executable).with_name("crossfade")
PATIENCE = 90
"""Seconds for what may take long on a busy machine; nothing is measured."""


class FailedError(Exception):
    """The gateway answered that it could not."""


class House:
    """One data folder and one port, and whatever runs on them."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.http = httpx.AsyncClient(
            base_url=self.address, trust_env=False, timeout=30, limits=httpx.Limits(max_connections=None)
        )
        self._settings = {
            "CROSSFADE_PORT": str(self.port),
            "CROSSFADE_DATA_FOLDER": str(folder / "data"),
            "CROSSFADE_SECRET_KEY": SECRET,
            "CROSSFADE_RATE_SEND_MESSAGE__LIMIT": "100000",
            "CROSSFADE_LOG_LEVEL": "error",
            **settings,
        }
        self.log = folder / "log"
        self.processes: list[Process] = []
        self.database = EmbeddedPostgres(folder / "data" / "postgres", elsewhere=folder / "elsewhere")

    async def run(self, *arguments: str, **settings: str) -> Process:
        """Start one command; what it says goes into the log."""
        with self.log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                CROSSFADE,
                *arguments,
                cwd=self.folder,
                env=bare_environment() | self._settings | settings,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.processes.append(process)
        return process

    async def up(self) -> Process:
        """`crossfade up`, until it is ready."""
        process = await self.run("up")
        await self.until_ready(process)
        return process

    async def until_ready(self, process: Process, address: str | None = None) -> None:
        """Until a gateway answers that it can answer."""

        async def is_ready() -> bool:
            assert process.returncode is None, f"it ended with {process.returncode}; it said:\n{self.said()}"
            try:
                return (await self.http.get(f"{address or self.address}/readyz")).is_success
            except httpx.TransportError:
                return False

        await until(is_ready)

    async def stop(self, process: Process) -> int:
        """SIGTERM, and the exit code."""
        process.terminate()
        return await self.ended(process)

    async def ended(self, process: Process) -> int:
        """The exit code, once it has ended."""
        async with asyncio.timeout(PATIENCE):
            return await process.wait()

    def said(self) -> str:
        """All that was printed and logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    async def admin(self) -> asyncpg.Connection:
        """The database's superuser."""
        return await asyncpg.connect(self.database.dsn("crossfade"))

    async def ask(self, query: str, variables: Any = None, token: str | None = None) -> Any:
        """The data of one operation. Raises FailedError, and httpx.HTTPError where there is no answer."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await self.http.post(
            "/graphql", json={"query": query, "variables": variables}, headers=headers
        )
        answer.raise_for_status()
        body = answer.json()
        if "errors" in body:
            raise FailedError(body["errors"])
        return body["data"]

    async def close(self) -> None:
        """Leave nothing behind, however a test ended."""
        await self.http.aclose()
        for process in self.processes:
            if process.returncode is None:
                process.terminate()
                await self.ended(process)
        # A server whose `crossfade up` was killed is attached to, and stopped.
        if (self.folder / "data" / "postgres" / "cluster" / "postmaster.pid").exists():
            await asyncio.to_thread(self.database.start)
            await asyncio.to_thread(self.database.stop)


def children(pid: int) -> dict[str, int]:
    """The children of `crossfade up`: gateway, worker and postgres."""
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for line in listing.stdout.splitlines():
        number, parent, command = line.split(maxsplit=2)
        if int(parent) == pid:
            known = {
                "gateway.cli serve": "gateway",
                "gateway.cli worker": "worker",
                "/postgres -D": "postgres",
            }
            found |= {name: int(number) for words, name in known.items() if words in command}
    return found


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(is_so: Callable[[], Any], every: float = 0.01) -> None:
    """Wait for what may take long; `is_so` may be a coroutine function. `every` is in seconds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = is_so()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(every)


async def until_gone(*pids: int) -> None:
    """Until none of these processes is there."""
    await until(lambda: not any(map(is_alive, pids)))


def kill(pid: int) -> None:
    """Without a word."""
    os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bare_environment() -> dict[str, str]:
    """This process's environment without settings."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CROSSFADE_") and name != "DATABASE_URL"
    }


async def make_people(admin: asyncpg.Connection, count: int) -> list[str]:
    """New people, by a token each."""
    people, tokens = People(admin), AccessTokens(SECRET, timedelta(hours=1))
    return [tokens.issue((await people.person()).id, uuid4(), now()).value for _ in range(count)]


def token_of(user_id: UUID) -> str:
    """A token of somebody who is there."""
    return AccessTokens(SECRET, timedelta(hours=1)).issue(user_id, uuid4(), now()).value
