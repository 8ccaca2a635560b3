"""The child's end of the pipe on which `crossfade up` says where the database is and that it lives."""

import os
import signal
import sys
import threading

STDIN = 0


def await_database() -> str:
    """Wait for the DSN; end the process where whoever started it has gone before.

    From then on the end of the pipe is as good as SIGTERM: even after `kill -9` of its parent, no process
    stays behind and holds the port.
    """
    line = bytearray()
    while not line.endswith(b"\n"):
        read = os.read(STDIN, 4096)
        if not read:
            sys.exit(0)
        line += read
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return line.decode().rstrip("\n")


def _end_with_parent() -> None:
    # Not through sys.stdin: its lock would be held when the interpreter ends.
    while os.read(STDIN, 4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
