"""Frames that many sockets are sent."""

from gateway.transport.messages import frame


class Frames:
    """Keeps the last one: a message to a room is the same bytes for all who gave their stream the same id."""

    __slots__ = ("_frame", "_head", "_payload")

    def __init__(self) -> None:
        self._head = self._payload = self._frame = b""

    def made(self, head: bytes, payload: bytes) -> bytes:
        """Of what stands before a payload, and the payload."""
        if payload is not self._payload or head != self._head:
            self._frame = frame(head, payload, b"}")
            self._head, self._payload = head, payload
        return self._frame
