"""The audits of others: their packages, installed once into a cache, and a gateway for them to ask."""

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.migrations import role_dsn
from kit.settings import Settings
from models.access import GATEWAY
from tests.conftest import SECRET
from tests.gateway.asking import token_of

ROOT = Path(__file__).parents[2]
AUDITS = Path(os.environ.get("CROSSFADE_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
HERE = Path(__file__).parent
INSTALL_SECONDS = 300
START_SECONDS = 60
CONFIG = """const gql = {{ hello: '{{ hello }}' }};
export default {{
  http: '{http}', ws: '{ws}', sse: '{http}', health: '{http}', room: '{room}',
  headers: {{ authorization: 'Bearer {token}' }},
  connectionParams: {{ authorization: 'Bearer {token}' }},
  initTimeoutMs: {init_milliseconds},
  maxSubsPerSocket: {subscriptions},
  expect: {{ originCheck: true, introspection: 'on', getMutation: 'refused' }},
  op: {{
    query: {{ query: 'query Hello {{ hello }}', path: 'hello' }},
    mutation: {{ query: 'mutation Shout {{ shout(text: "x") }}', path: 'shout' }},
    streamN: n => ({{
      query: 'subscription S($n: Int!) {{ ticks(interval: 0.001, count: $n) }}', variables: {{ n }},
    }}),
    streamSlow: {{ query: 'subscription T {{ ticks(interval: 0.02) }}' }},
    streamFast: {{ query: 'subscription F {{ ticks(interval: 0, count: 100000000) }}' }},
    fieldError: {{ query: '{{ boom }}' }},
    activeSubs: {{ query: '{{ activeSubscriptions }}', path: 'activeSubscriptions' }},
    listen: () => ({{ query: 'subscription L {{ roomEvents(roomId: "{room}") {{ __typename }} }}' }}),
  }},
}};
"""


@dataclass(frozen=True)
class Audits:
    """A folder with the scripts and their packages, and the configuration that names the gateway."""

    folder: Path
    config: Path
    http: str
    token: str

    async def run(self, script: str, *arguments: str) -> tuple[int, str]:
        """The exit code, and all that was said."""
        process = await asyncio.create_subprocess_exec(
            "node",
            script,
            *arguments,
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode(errors="replace")


@pytest.fixture(scope="session")
def installed() -> Path:
    """The audits with their packages, in the user's cache."""
    if not AUDITS.is_dir():
        pytest.skip(f"the audits are not on this machine: {AUDITS}; CROSSFADE_CONFORMANCE names their folder")
    if shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not on the PATH")
    digest = hashlib.sha256()
    sources = sorted(path for path in (*AUDITS.glob("*.*"), *AUDITS.glob("lib/*")) if path.is_file())
    for source in (*sources, HERE / "resume.mjs"):
        digest.update(source.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / f"crossfade-conformance-{digest.hexdigest()[:12]}"
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for source in sources:
            target = folder / source.relative_to(AUDITS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
        shutil.copy(HERE / "resume.mjs", folder)
        npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            subprocess.run(npm, cwd=folder, timeout=INSTALL_SECONDS, check=True)  # noqa: S603
        except subprocess.SubprocessError:
            if os.environ.get("CI"):
                raise
            pytest.skip("npm cannot install what the audits need: is there no network?")
        (folder / "installed").touch()
    return folder


@pytest.fixture
async def audits(
    installed: Path, database_url: str, people, rooms, services, tmp_path: Path
) -> AsyncIterator[Audits]:
    """One gateway in its default configuration, in a process of its own."""
    ada = await people.signed_in("ada")
    room, token = await rooms.room(ada), token_of(services, ada)
    port_file, log = tmp_path / "port", tmp_path / "log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(HERE / "audited.py"),
            role_dsn(database_url, GATEWAY, None),
            str(port_file),
            cwd=ROOT,
            env=_environment(tmp_path),
            stdout=output,
            stderr=output,
        )
    try:
        async with asyncio.timeout(START_SECONDS):
            while not port_file.exists() or not port_file.read_text():
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        where = f"127.0.0.1:{port_file.read_text()}/graphql"
        defaults = Settings.model_fields
        config = tmp_path / "config.mjs"
        config.write_text(
            CONFIG.format(
                http=f"http://{where}",
                ws=f"ws://{where}",
                room=room.gid,
                token=token,
                init_milliseconds=int(defaults["connection_init_seconds"].default * 1000),
                subscriptions=defaults["max_subscriptions_per_socket"].default,
            )
        )
        yield Audits(installed, config, f"http://{where}", token)
    finally:
        if process.returncode is None:
            process.terminate()
        assert await process.wait() == 0, log.read_text()


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CROSSFADE_")}
    ours = {
        "CROSSFADE_SECRET_KEY": SECRET,
        "CROSSFADE_DATA_FOLDER": str(folder),
        "CROSSFADE_RATE_SEND_MESSAGE": json.dumps({"limit": 100_000, "per_seconds": 1}),
        "PYTHONPATH": str(ROOT),
    }
    return kept | ours
