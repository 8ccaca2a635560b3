"""The script that chooses a Python for the set-up believes only what starts."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "python"
NAME = "python{}.{}".format(*sys.version_info)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with what the script itself needs, and no Python."""
    tr = shutil.which("tr")
    assert tr is not None
    (tmp_path / "tr").symlink_to(tr)
    return tmp_path


def choose(*folders: Path, wanted: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": ":".join(map(str, folders)), "PYENV_ROOT": "/nonexistent"}
    command = ["/bin/sh", SCRIPT, *wanted.split()]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


def shim(folder: Path, name: str, line: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{line}\n")
    (folder / name).chmod(0o755)


def test_a_shim_that_stands_for_nothing_is_passed_over(programs: Path) -> None:
    for name in ("python3.14", NAME, "python3"):
        shim(programs / "shims", name, "echo 'command not found' >&2; exit 127")
    shim(programs / "real", NAME, f'exec {sys.executable} "$@"')
    chosen = choose(programs / "shims", programs / "real", programs)
    assert chosen.returncode == 0
    assert Path(chosen.stdout.strip()).resolve() == Path(sys.executable).resolve()


def test_a_python_of_another_version_than_its_name_is_not_taken(programs: Path) -> None:
    wanted = "3.11" if sys.version_info[:2] != (3, 11) else "3.12"
    shim(programs, f"python{wanted}", f'exec {sys.executable} "$@"')
    assert choose(programs, wanted=wanted).returncode == 1


def test_where_none_starts_one_sentence_says_what_is_missing(programs: Path) -> None:
    chosen = choose(programs)
    assert (chosen.returncode, chosen.stdout) == (1, "")
    assert chosen.stderr.startswith("No Python 3.11 to 3.14 with venv and ensurepip starts here")
