"""The socket that a gateway answers on, taken before anything else is started."""

import errno
import http.client
import socket

WAITING = 2048
"""Connections that the kernel keeps for us while we start."""
ASK_SECONDS = 1


class ListenError(Exception):
    """The address cannot be had; the message is one line that says what to do."""

    def __init__(self, message: str, *, is_ours: bool = False) -> None:
        super().__init__(message)
        self.is_ours = is_ours
        """A gateway of ours has it."""


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; port 0 is any free one. Raises ListenError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=WAITING)
    except OSError as error:
        raise _refusal(host, port, error) from error


def _refusal(host: str, port: int, error: OSError) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        is_ours = is_crossfade(host, port)
        owner = "another Crossfade gateway" if is_ours else "another program"
        message = f"Port {port} is taken by {owner}. Stop that, or set CROSSFADE_PORT to another."
        return ListenError(message, is_ours=is_ours)
    if error.errno == errno.EACCES:
        return ListenError(f"Port {port} is not for ordinary users. Set CROSSFADE_PORT to 1024 or more.")
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return ListenError(f"This machine has no address {host!r}. Correct CROSSFADE_HOST.")
    return ListenError(f"The address {host}, port {port}, cannot be used: {error.strerror or error}.")


def is_crossfade(host: str, port: int) -> bool:
    """Whether a gateway of ours answers there."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=ASK_SECONDS)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status == 200 and answer.getheader("x-request-id") is not None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reachable(host: str) -> str:
    """Where a client on this machine finds a server that listens on `host`."""
    return {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only


def address_of(listening: socket.socket) -> str:
    """The URL to open on this machine."""
    host, port = listening.getsockname()[:2]
    name = reachable(host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"
