"""One `crossfade up` at a time on a data folder, told apart before anything is started."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class HeldError(Exception):
    """Another process has the folder, or nobody can have it; the message is one line."""


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep a folder; the kernel lets go of it however the process ends. Raises HeldError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise HeldError(f"The data folder {folder} cannot be used ({error.strerror}).") from None
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        number = os.read(handle, 20).decode(errors="replace").strip()
        where = folder.absolute()
        raise HeldError(f"`crossfade up` is running on {where} already (process {number}).") from None
    os.truncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
