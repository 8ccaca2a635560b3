"""Who may open a socket: our own page and those that are named, with the one protocol that we speak."""

import orjson
from starlette.types import Receive, Scope, Send

from gateway.transport.desk import Desk, errors_of
from gateway.transport.messages import PROTOCOL
from gateway.transport.origins import is_known
from gateway.transport.wire import SOCKET, SocketConnection
from gateway.transport.ws import Session
from kit.errors import BadInput
from resolvers.context import Request


async def open_socket(desk: Desk, scope: Scope, receive: Receive, send: Send) -> None:
    """Accept it, and hand it to a session; or say why not, in HTTP."""
    await receive()
    headers: dict[bytes, bytes] = dict(scope["headers"])
    request_id = desk.request_ids.new()
    if not is_known(headers, desk.settings.allowed_origins):
        await refuse(send, 403, "Pages of this origin may not connect.", request_id)
    elif PROTOCOL not in scope["subprotocols"]:
        await refuse(send, 400, f"Speak {PROTOCOL}: name it as subprotocol.", request_id)
    elif desk.lives.is_draining:
        await refuse(send, 503, "This server stops. Come again.", request_id)
    else:
        named = [(b"x-request-id", request_id.encode())]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL, "headers": named})
        wire: SocketConnection = scope["extensions"][SOCKET]
        client, agent = scope["client"], headers.get(b"user-agent")
        request = Request(client[0] if client else "", None if agent is None else agent.decode("latin-1"))
        Session(desk, wire, request, request_id)


async def refuse(send: Send, status: int, message: str, request_id: str) -> None:
    """Instead of a socket."""
    headers = [(b"content-type", b"application/json"), (b"x-request-id", request_id.encode())]
    body = orjson.dumps({"errors": errors_of(BadInput(message), request_id)})
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
