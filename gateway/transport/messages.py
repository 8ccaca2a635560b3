"""Messages of graphql-transport-ws: what comes is checked, what goes is made ready as frames."""

from dataclasses import dataclass
from typing import Any

import orjson

from gateway.transport.asking import Malformed, Sent, sent_in

PROTOCOL = "graphql-transport-ws"
LONGEST_ID = 256
MOST_CURSORS = 1000
TYPES = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


@dataclass(frozen=True, slots=True)
class Message:
    """One of a client. `id` is there where its type has one."""

    type: str
    id: str
    payload: Any


def message_in(data: bytes | bytearray) -> Message:
    """Raises Malformed."""
    try:
        read = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Malformed("A message is JSON, as text.") from None
    if not isinstance(read, dict):
        raise Malformed("A message is an object.")
    kind = read.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise Malformed("There is no such type of message.")
    payload = read.get("payload")
    if kind in {"subscribe", "complete"}:
        return Message(kind, _id(read.get("id")), payload)
    if payload is not None and not isinstance(payload, dict):
        raise Malformed("A payload is an object.")
    return Message(kind, "", payload)


def _id(given: object) -> str:
    if not isinstance(given, str) or not given or len(given) > LONGEST_ID:
        raise Malformed(f"An id is a string of 1 to {LONGEST_ID} characters.")
    return given


def operation_in(message: Message) -> Sent:
    """What a `subscribe` message asks. Raises Malformed."""
    return sent_in(message.payload)


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who connects, and how far they had come."""

    authorization: str | None
    cursors: list[str]


def introduction_in(payload: dict[str, Any] | None) -> Introduction:
    """What `connection_init` says. Raises Malformed."""
    given = payload or {}
    cursors = given.get("cursors")
    if cursors is None:
        cursors = []
    if not isinstance(cursors, list) or len(cursors) > MOST_CURSORS:
        raise Malformed(f"`cursors` is a list of at most {MOST_CURSORS}.")
    if not all(isinstance(each, str) for each in cursors):
        raise Malformed("Cursors are strings.")
    return Introduction(authorization_in(given), cursors)


def authorization_in(payload: dict[str, Any] | None) -> str | None:
    """However the name is written. Raises Malformed."""
    for name, value in (payload or {}).items():
        if name.lower() == "authorization" and value is not None:
            if not isinstance(value, str):
                raise Malformed("`Authorization` is a string.")
            return value
    return None


def frame(*parts: bytes) -> bytes:
    """A whole text frame of a server, which masks nothing."""
    size = sum(map(len, parts))
    if size < 126:
        return b"".join((bytes((0x81, size)), *parts))
    if size < 65_536:
        return b"".join((b"\x81\x7e", size.to_bytes(2), *parts))
    return b"".join((b"\x81\x7f", size.to_bytes(8), *parts))


def next_head(key: str) -> bytes:
    """What stands before the payload of an answer."""
    return b'{"id":%s,"type":"next","payload":' % orjson.dumps(key)


def complete_frame(key: str) -> bytes:
    """Nothing more comes for that id."""
    return frame(b'{"id":%s,"type":"complete"}' % orjson.dumps(key))


def error_frame(key: str, errors: list[dict[str, Any]]) -> bytes:
    """It was not begun."""
    return frame(orjson.dumps({"id": key, "type": "error", "payload": errors}))


def pong_frame(payload: dict[str, Any] | None) -> bytes:
    """The answer to a ping, with what came with it."""
    return PONG if payload is None else frame(orjson.dumps({"type": "pong", "payload": payload}))


ACK = frame(b'{"type":"connection_ack","payload":{}}')
PING = frame(b'{"type":"ping"}')
PONG = frame(b'{"type":"pong"}')
