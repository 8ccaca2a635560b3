"""The locks agree with each other and with pyproject.toml, and name no place to fetch from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


def pins(name: str) -> dict[str, str]:
    """Package to version."""
    found = re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return dict(found)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address_and_no_folder(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"://|^\s*-(?!-hash=)|@ |/", text, re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_held_by_hashes(name: str) -> None:
    blocks = re.split(r"^(?=[a-z])", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_development_lock_holds_the_run_lock() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_every_dependency_is_locked_to_a_version_that_it_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [
        *(("requirements.lock", line) for line in project["project"]["dependencies"]),
        *(("requirements.lock", line) for line in project["build-system"]["requires"]),
        *(("requirements-dev.lock", line) for line in project["project"]["optional-dependencies"]["dev"]),
    ]
    wrong = [
        (name, line)
        for name, line in asked
        for requirement in [Requirement(line)]
        if pins(name).get(requirement.name) is None
        or not requirement.specifier.contains(pins(name)[requirement.name])
    ]
    assert wrong == []
