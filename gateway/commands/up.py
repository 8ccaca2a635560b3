"""`crossfade up`: database, gateway and worker with one command, and all of them stopped with it."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import asyncpg

from gateway.children import Child
from gateway.databases import NAME, Access, connect, create_embedded, embedded_server, external, shown
from gateway.embedded import EmbeddedPostgres
from gateway.holding import hold
from gateway.listening import address_of, listen
from gateway.prepared import Prepared
from gateway.welcome import row, say, say_prepared, say_ready, say_title
from kit.crypto import master_secret
from kit.settings import Settings
from models.access import GATEWAY, WORKER

GATEWAY_SECONDS = 15
WORKER_SECONDS = 30
"""How long they get to stop: a little more than they give themselves."""
READY_SECONDS = 60
TOKEN_MINUTES = 720
READY = STOP = ""
"""In place of a sentence that says what failed."""


def main(settings: Settings) -> int:
    """Start everything, wait, stop everything. The exit code is 1 where something ended by itself."""
    master_secret(settings)  # where it is wrong, nothing is started
    alone = nullcontext() if settings.database_url else hold(settings.data_folder)
    with alone, listen(settings.host, settings.port) as listening:
        return asyncio.run(House(for_development(settings), listening).run())


def for_development(settings: Settings) -> Settings:
    """Tokens that last a day's work, save where their life was chosen, or in production."""
    if settings.environment == "production" or "access_token_minutes" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"access_token_minutes": TOKEN_MINUTES})


class House:
    """One run of `crossfade up`. A signal asks it to stop; a second one kills what is still stopping."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._listening = listening
        self._address = address_of(listening)
        self._began = time.monotonic()
        self._server: EmbeddedPostgres | None = None
        self._watch: asyncpg.Connection | None = None
        self._gateway, self._worker = Child("gateway"), Child("worker")
        self._stopping = asyncio.Event()
        self._is_database_lost = asyncio.Event()

    async def run(self) -> int:
        """Until it is stopped, or something fails. Raises what `crossfade` knows how to say."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                asyncio.get_running_loop().add_signal_handler(number, self._hear)
        try:
            failure = await self._live()
            if failure:
                say(f"{failure} Stopping the rest.", is_error=True)
        finally:
            await self._end()
        if not failure:
            say("Stopped.")
        return 1 if failure else 0

    def _hear(self) -> None:
        if self._stopping.is_set():
            self._gateway.kill()
            self._worker.kill()
            return
        self._stopping.set()
        say("\nStopping: the gateway finishes its requests, the worker its jobs, and then the database ends.")

    async def _live(self) -> str:
        """What failed, in a sentence; STOP where nothing did."""
        say_title()
        await self._start_gateway()
        access = await self._open_database()
        prepared = await self._prepare(access)
        if self._stopping.is_set():
            return STOP
        self._gateway.begin(access.as_role(GATEWAY))
        ends = (self._until_stopped, self._until_lost, self._gateway.ended)
        failure = await first_of(self._until_ready, *ends)
        if failure or self._stopping.is_set():
            return failure
        # Last of all: nobody waits for it, and the gateway has had both cores.
        await self._worker.start(["worker", "--supervised"], self._environment())
        self._worker.begin(access.as_role(WORKER))
        say_ready(self._settings, prepared, self._address, time.monotonic() - self._began)
        return await first_of(self._worker.ended, *ends)

    async def _start_gateway(self) -> None:
        """First of all: what it imports takes longer than all that is done meanwhile."""
        number = self._listening.fileno()
        await self._gateway.start(
            ["serve", "--supervised-socket", str(number)], self._environment(), [number]
        )
        # Connections wait in the gateway's copy; were ours open, they would wait for ever once it has ended.
        self._listening.close()

    async def _prepare(self, access: Access) -> Prepared:
        # Imported only now: it takes as long again, and the gateway does it at the same time.
        prepare = (await asyncio.to_thread(import_module, "gateway.prepare")).prepare
        prepared: Prepared = await prepare(self._settings, access)
        say_prepared(prepared)
        return prepared

    async def _open_database(self) -> Access:
        if self._settings.database_url:
            row("database", shown(self._settings.database_url))
            return external(self._settings, self._settings.database_url)
        self._server = server = embedded_server(self._settings)
        await asyncio.to_thread(server.start)
        await create_embedded(server)
        row("database", f"PostgreSQL of its own, in {self._settings.data_folder / 'postgres'}")
        # A session that does nothing but end with the server.
        self._watch = await connect(server.dsn())
        self._watch.add_termination_listener(lambda _: self._is_database_lost.set())
        return Access(server.dsn(NAME), None)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CROSSFADE_ACCESS_TOKEN_MINUTES": str(self._settings.access_token_minutes)}

    async def _until_stopped(self) -> str:
        await self._stopping.wait()
        return STOP

    async def _until_lost(self) -> str:
        await self._is_database_lost.wait()
        return "The database ended."

    async def _until_ready(self) -> str:
        """Ask until the gateway can answer; the connection itself waits while it starts."""
        host, port = self._address.removeprefix("http://").rsplit(":", 1)
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await is_ready(host.strip("[]"), int(port)):  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return f"The gateway was not ready within {READY_SECONDS} s."
        return READY

    async def _end(self) -> None:
        await asyncio.gather(self._gateway.stop(GATEWAY_SECONDS), self._worker.stop(WORKER_SECONDS))
        if self._watch is not None:
            self._watch.terminate()
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)


async def first_of(*waiting: Callable[[], Coroutine[Any, Any, str]]) -> str:
    """What ends first; the others are given up."""
    tasks = [asyncio.create_task(each()) for each in waiting]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def is_ready(host: str, port: int) -> bool:
    """Whether a gateway says that it can answer."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
