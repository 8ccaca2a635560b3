"""Every request has an id: in its answer, in its errors, in its log lines."""

import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

log = structlog.get_logger()
QUIET = {"/healthz", "/readyz", "/metrics"}


class RequestIds:
    """Gives each HTTP request and socket an id, and logs each HTTP request once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id)
        began, status = time.perf_counter(), 0

        async def send_with_id(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            if scope["type"] == "http" and scope["path"] not in QUIET:
                took = round((time.perf_counter() - began) * 1000, 1)
                log.info("request", method=scope["method"], path=scope["path"], status=status, ms=took)
