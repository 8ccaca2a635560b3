"""No GraphQL: a bare loop that tells all sockets what was posted, already encoded."""

from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import count

import orjson

from bench.asgi import Message, Receive, Send, answer, body_of, live

PROTOCOL = "graphql-transport-ws"


class Loop:
    """The application."""

    def __init__(self) -> None:
        self._listeners: set[Send] = set()
        self._numbers = count(1)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, one socket, or the life of the process."""
        if scope["type"] == "lifespan":
            await live(receive, send, nullcontext())
        elif scope["type"] == "websocket":
            await self._listen(receive, send)
        else:
            await self._tell(receive, send)

    async def _listen(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        try:
            while (event := await receive())["type"] == "websocket.receive":
                said = orjson.loads(event["text"])
                if said["type"] == "connection_init":
                    await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
                elif said["type"] == "subscribe":
                    self._listeners.add(send)
        finally:
            self._listeners.discard(send)

    async def _tell(self, receive: Receive, send: Send) -> None:
        asked = orjson.loads(await body_of(receive))
        node = {
            "id": str(next(self._numbers)),
            "content": asked["variables"].get("content", ""),
            "createdAt": datetime.now(UTC).isoformat(),
            "author": {"id": asked["variables"].get("user"), "displayName": "Listener 1"},
        }
        payload = {"data": {"roomEvents": {"messageEdge": {"node": node}}}}
        text = orjson.dumps({"id": "1", "type": "next", "payload": payload}).decode()
        event = {"type": "websocket.send", "text": text}
        for listener in list(self._listeners):
            await listener(event)
        await answer(send, orjson.dumps({"data": {"sendMessage": node}}))


app = Loop()
