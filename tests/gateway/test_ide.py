import json
import shutil
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from gateway import ide
from kit.settings import Settings

NPM = """#!/bin/sh
[ "$1" = --version ] && echo 11.0.0 && exit
echo "$@" >> {log}
{then}
"""
NODE = """#!/bin/sh
[ "$1" = --version ] && echo {version} && exit
mkdir -p dist/assets && echo '<title>Crossfade</title>' > dist/index.html
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The real sources in a folder of their own, with nothing built."""
    return Path(
        shutil.copytree(ide.IDE, tmp_path / "ide", ignore=shutil.ignore_patterns("dist", "node_modules"))
    )


class Machine:
    """A machine whose Node.js and npm are small scripts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        self.log = folder / "npm.log"
        monkeypatch.setenv("PATH", f"{self.folder}:/usr/bin:/bin")
        self.has(node="v20.11.0")

    def has(self, *, node: str = "v20.11.0", npm: str = "exit 0") -> None:
        self._program("node", NODE.format(version=node))
        self._program("npm", NPM.format(log=self.log, then=npm))

    def _program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    @property
    def npm_runs(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def client_of(folder: Path) -> httpx.AsyncClient:
    app = Starlette()
    app.mount("/ide/assets", ide.ide_assets(folder))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway")


def test_the_lock_pins_every_package_by_its_hash_and_names_no_address_to_fetch_from() -> None:
    lock = json.loads((ide.IDE / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)


def test_installing_twice_builds_once(sources: Path, machine: Machine) -> None:
    assert ide.install(sources) is True
    assert ide.install(sources) is False
    assert len(machine.npm_runs) == 1
    assert machine.npm_runs[0].startswith("ci --ignore-scripts --include=dev")


def test_a_changed_example_is_built_again_and_nothing_else_is_left_behind(
    sources: Path, machine: Machine
) -> None:
    before = {path.name for path in sources.iterdir()}
    ide.install(sources)
    (sources / "examples" / "room.graphql").write_text("{ __typename }")
    assert ide.install(sources) is True
    assert len(machine.npm_runs) == 2
    assert {path.name for path in sources.iterdir()} == before | {"dist"}


def test_a_failed_installation_is_one_line_and_keeps_what_was_built_before(
    sources: Path, machine: Machine
) -> None:
    ide.install(sources)
    (sources / "page.css").write_text("")
    machine.has(npm="printf 'npm error code ENOTFOUND\\nnpm error no such host\\n' >&2; exit 1")
    with pytest.raises(ide.InstallError) as refused:
        ide.install(sources)
    assert str(refused.value) == "`npm ci --ignore-scripts` failed: code ENOTFOUND no such host"
    assert (sources / "dist" / "index.html").exists()


@pytest.mark.parametrize("version", ["v18.20.0", "not a version"])
def test_a_node_that_is_too_old_or_does_not_start_is_replaced_by_the_wheel_s(
    version: str, sources: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has(node=version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ide.InstallError, match=ide.NODE_WHEEL):
        ide.install(sources)
    assert machine.npm_runs == []


def test_the_page_loads_only_from_this_server(sources: Path, machine: Machine) -> None:
    ide.install(sources)
    response = ide.graphiql_page(Settings(is_graphiql_on=True), sources)
    assert response.status_code == 200
    assert response.headers["content-security-policy"].startswith("default-src 'self';")
    assert response.headers["cache-control"] == "no-cache"


def test_before_the_installation_the_page_says_how_to_install_it(sources: Path) -> None:
    response = ide.graphiql_page(Settings(is_graphiql_on=True), sources)
    assert response.status_code == 503
    assert b"python -m gateway.ide install" in response.body


def test_where_graphiql_is_off_there_is_no_page(sources: Path) -> None:
    assert ide.graphiql_page(Settings(is_graphiql_on=False), sources).status_code == 404


async def test_assets_may_be_kept_for_a_year(sources: Path, machine: Machine) -> None:
    async with client_of(sources) as client:
        assert (await client.get("/ide/assets/main-1.js")).status_code == 404
        ide.install(sources)
        (sources / "dist" / "assets" / "main-1.js").write_text("0")
        response = await client.get("/ide/assets/main-1.js")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["..%2findex.html", "%2e%2e%2f%2e%2e%2fpackage.json", "%2fetc%2fpasswd"])
async def test_no_path_leads_out_of_the_assets(path: str, sources: Path, machine: Machine) -> None:
    ide.install(sources)
    async with client_of(sources) as client:
        assert (await client.get(f"/ide/assets/{path}")).status_code == 404
