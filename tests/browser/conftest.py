"""A real browser, which may reach nothing but this machine, and a real gateway for it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from gateway.ide import IDE

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
STOP_SECONDS = 30
FLAGS = [
    "--no-sandbox",  # Chromium refuses to start as root with it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


class Witness:
    """Everything that pages asked for, and everything that they complained about."""

    def __init__(self, context: BrowserContext) -> None:
        self.addresses: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: self.addresses.append(request.url))
        context.on("page", self._follow)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on(
            "console", lambda said: self.complaints.append(said.text) if said.type == "error" else None
        )

    def _follow(self, page: Page) -> None:
        page.on("websocket", lambda opened: self.addresses.append(opened.url))

    @property
    def foreign_addresses(self) -> list[str]:
        """Those that are not on this machine; `data:` and `blob:` never leave the page."""
        parts = [(address, urlsplit(address)) for address in self.addresses]
        return [
            address
            for address, url in parts
            if url.scheme not in {"data", "blob", "about"} and url.hostname != "127.0.0.1"
        ]


def _missing(what: str) -> None:
    """Without what a test needs it is skipped on a desk, and fails where everything must run."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture
def chromium() -> str:
    path = shutil.which("chromium")
    if path is None:
        _missing("chromium is not on the PATH: install the package chromium")
    return str(path)


@pytest.fixture
def built_graphiql() -> None:
    if not (IDE / "dist" / "index.html").is_file():
        _missing("GraphiQL is not built: python -m gateway.ide install")


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """A folder that the unprivileged user of an embedded database may enter; pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="crossfade-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def running_gateway(shared_folder: Path) -> Iterator[str]:
    """The address of `crossfade up` with the sample data, on a fresh data folder."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    log = shared_folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [str(Path(sys.executable).with_name("crossfade")), "up"],
            cwd=PROJECT,
            env=_environment(CROSSFADE_PORT=str(port), CROSSFADE_DATA_FOLDER=str(shared_folder / "data")),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(f"{address}/readyz", process, log)
        yield address
    finally:
        _stop(process)


@pytest.fixture
async def browser(running_gateway: str, chromium: str) -> AsyncIterator[BrowserContext]:
    """One person's browser. Fails the test if a page asked another machine for anything or had an error.

    It closes before the gateway does, whose end its pages would report as an error.
    """
    assert running_gateway
    async with async_playwright() as playwright:
        program = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await program.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(30_000)
        witness = Witness(context)
        yield context
        await program.close()
    assert witness.foreign_addresses == []
    assert witness.complaints == []


def _environment(**ours: str) -> dict[str, str]:
    """This process's environment without the settings of a gateway that may be in it."""
    foreign = {name for name in os.environ if name.startswith("CROSSFADE_") or name == "DATABASE_URL"}
    return {name: value for name, value in os.environ.items() if name not in foreign} | ours


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get(address).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    pytest.fail(f"the gateway did not become ready; it said:\n{log.read_text(errors='replace')[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
