"""The processes that `crossfade up` starts and stops: its own program, with other commands."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence


class Child:
    """One process, in a session of its own: Ctrl-C in the terminal reaches `crossfade up` alone."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: Process | None = None

    async def start(
        self, command: Sequence[str], environment: Mapping[str, str], sockets: Sequence[int] = ()
    ) -> None:
        """Start it; it imports what it needs, and waits for `begin`."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "gateway.cli",
            *command,
            stdin=PIPE,
            env=environment,
            pass_fds=sockets,
            start_new_session=True,
        )

    def begin(self, dsn: str) -> None:
        """Tell it where the database is: by a pipe, as a DSN may hold a password."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(f"{dsn}\n".encode())

    async def ended(self) -> str:
        """Wait until it ends by itself; the answer says how."""
        assert self._process is not None  # noqa: S101 - it was started
        code = await self._process.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return f"The {self.name} {how}."

    async def stop(self, patience: float) -> None:
        """SIGTERM, and SIGKILL where it takes longer than `patience` seconds."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), patience)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """End it now."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
