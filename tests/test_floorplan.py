"""The house is built as its plan says: floors, domains, files."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.application.use_cases import lint_imports
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract

ROOT = Path(__file__).parent.parent
FLOORS = ("gateway", "schema", "resolvers", "services", "models", "kit", "executor")
DOMAINS = {"identity", "catalog", "listening", "rooms", "playlists", "blends", "studio", "taste"}
CONTRACTS = {"layers": LayersContract, "forbidden": ForbiddenContract}
MOST_LINES = 400

SHARED = {
    "schema": {
        "root", "viewer", "fields", "permissions", "scalars", "pages", "errors", "enums", "nodes", "streams",
        "lazy",
    },
    "resolvers": {"streams", "idempotency", "context", "loaders"},
    "resolvers/loaders": {"base", "pages", "streams", "messages"},
    "services": {"jobs", "providers", "engines", "events"},
    "models": {"base", "access", "declared", "events", "scripts", "triggers"},
}  # fmt: skip
"""What stands on a floor beside the domains; messages are so much of the rooms that they have a file."""


def files(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> Iterator[Path]:
    """Ours, whether committed or not."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            is_frozen = path.is_relative_to(ROOT / "alembic" / "versions")
            if path.suffix in suffixes and "__pycache__" not in path.parts and not is_frozen:
                yield path


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def stems(folder: str) -> set[str]:
    found = {path.stem for path in (ROOT / folder).glob("*.py")}
    packages = {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}
    return (found | packages) - {"__init__"}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def house() -> grimp.ImportGraph:
    return grimp.build_graph(*FLOORS, include_external_packages=True, cache_dir=None)


def broken(house: grimp.ImportGraph) -> list[str]:
    """Names of the contracts that do not hold."""
    configuration = read_configuration(str(ROOT / "pyproject.toml"))
    found = []
    for options in configuration["contracts_options"]:
        kind: Any = CONTRACTS[options["type"]]
        contract = kind(options["name"], configuration["session_options"], options)
        if not contract.check(deepcopy(house), verbose=False).kept:
            found.append(options["name"])
    return found


def test_no_import_goes_up_a_floor(capsys):
    kept = lint_imports(str(ROOT / "pyproject.toml"), cache_dir=None, is_debug_mode=True, no_logo=True)
    assert kept, capsys.readouterr().out


FLOOR = "Each floor stands on the one below"
EXECUTOR = "The executor is for the gateway; schema.fields takes its markers"
BELOW = "Below the resolvers there is no GraphQL and no HTTP server"
NO_SQL = "The schema has no SQL of its own"
SERVICES = "Services: jobs, then domains that do not know each other, then what all share"
RESOLVERS = "Resolvers: domains, then what several share, then the context, then loaders"
SCHEMA = "Schema: the root, the viewer, domains, then what all declare with"


@pytest.mark.parametrize(
    ("importer", "imported", "refused_by"),
    [
        ("kit.db", "models.base", FLOOR),
        ("models.rooms", "services.rooms", FLOOR),
        ("services.rooms", "resolvers.context", FLOOR),
        ("resolvers.context", "schema.errors", FLOOR),
        ("schema.root", "gateway.app", FLOOR),
        ("executor.declare", "kit.db", FLOOR),
        ("kit.db", "executor.declare", EXECUTOR),
        ("schema.rooms.types", "executor.declare", EXECUTOR),
        ("resolvers.context", "executor.declare", EXECUTOR),
        ("services.rooms", "strawberry", BELOW),
        ("models.base", "fastapi", BELOW),
        ("kit.log", "starlette", BELOW),
        ("schema.rooms.types", "sqlalchemy", NO_SQL),
        ("schema.nodes", "sqlmodel", NO_SQL),
        ("services.rooms", "services.identity.usernames", SERVICES),
        ("services.events", "services.rooms", SERVICES),
        ("resolvers.streams", "resolvers.rooms.reads", RESOLVERS),
        ("resolvers.streams", "resolvers.idempotency", RESOLVERS),
        ("resolvers.context", "resolvers.streams", RESOLVERS),
        ("resolvers.loaders.base", "resolvers.context", RESOLVERS),
        ("schema.viewer", "schema.root", SCHEMA),
        ("schema.rooms.types", "schema.viewer", SCHEMA),
        ("schema.fields", "schema.identity.types", SCHEMA),
    ],
)
def test_the_contracts_refuse_an_import_that_is_against_the_plan(house, importer, imported, refused_by):
    graph = deepcopy(house)
    graph.add_import(importer=importer, imported=imported)
    assert refused_by in broken(graph)


@pytest.mark.parametrize(
    ("module", "refused_by"),
    [("services.utils", [SERVICES]), ("resolvers.helpers", [RESOLVERS]), ("schema.misc", [SCHEMA])],
)
def test_the_contracts_refuse_a_module_that_the_plan_does_not_name(house, module, refused_by):
    graph = deepcopy(house)
    graph.add_module(module)
    assert broken(graph) == refused_by


def test_the_contracts_hold_for_every_top_level_package():
    configuration = read_configuration(str(ROOT / "pyproject.toml"))
    assert sorted(configuration["session_options"]["root_packages"]) == sorted(FLOORS)
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(FLOORS)


def test_a_domain_has_the_same_name_on_every_floor():
    domains = {folder: stems(folder) - shared for folder, shared in SHARED.items()}
    assert domains["schema"] <= DOMAINS
    assert domains == dict.fromkeys(SHARED, domains["schema"])


def test_tests_mirror_the_folders():
    for floor in FLOORS:
        folders = {path.name for path in (ROOT / "tests" / floor).glob("*/") if path.name != "__pycache__"}
        assert folders <= stems(floor), floor


def test_alembic_and_tests_are_no_packages():
    assert not (ROOT / "alembic" / "__init__.py").exists()
    assert [name(path) for path in files("tests") if path.name == "__init__.py"] == []


def test_no_file_is_longer_than_400_lines():
    ours = files(*FLOORS, "alembic", "tests", "tools", "bench", suffixes=(".py", ".sql"))
    long = {name(path): lines for path in ours if (lines := len(path.read_bytes().splitlines())) > MOST_LINES}
    assert long == {}


def test_every_module_says_in_one_sentence_what_it_is():
    wrong = {}
    for path in files(*FLOORS, "alembic", "tools", "bench"):
        said = ast.get_docstring(parsed(path)) or ""
        is_empty_package = path.name == "__init__.py" and not path.read_text(encoding="utf-8").strip()
        if not is_empty_package and (not said.endswith(".") or "\n" in said or ". " in said):
            wrong[name(path)] = said
    assert wrong == {}


def test_imports_stand_at_the_top_and_name_what_they_take():
    wrong = []
    for path in files(*FLOORS, "alembic", "tests", "tools", "bench"):
        tree = parsed(path)
        top = set(tree.body)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            if node not in top or any(alias.name == "*" for alias in node.names):
                wrong.append(f"{name(path)}:{node.lineno}")
    assert wrong == []
