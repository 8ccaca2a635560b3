"""Limits on what is sent: bytes of a body, depth, aliases and tokens of a document."""

from collections.abc import MutableMapping
from typing import Any

import orjson
from graphql.validation import NoSchemaIntrospectionCustomRule
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.extensions.max_aliases import create_validator as most_aliases
from strawberry.extensions.query_depth_limiter import create_validator as most_depth

from executor.engine import Limits
from kit.settings import Settings


def document_limits(settings: Settings) -> Limits:
    """Strawberry's rules with our numbers. That of depth lets introspection pass, which is deeper."""
    rules = [most_aliases(settings.max_aliases), most_depth(settings.max_depth, None)]
    if not settings.is_introspection_on:
        rules.append(NoSchemaIntrospectionCustomRule)
    return Limits(rules, settings.max_tokens)


class TooLargeError(Exception):
    """The body is larger than the limit."""


class BodyLimit:
    """Ends a request whose body is too large with 413, before it is read whole."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > self._most:
            await self._refuse(scope, send)
            return
        seen, has_begun = 0, False

        async def counted() -> MutableMapping[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise TooLargeError
            return message

        async def watched(message: MutableMapping[str, Any]) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except TooLargeError:
            if not has_begun:
                await self._refuse(scope, send)

    async def _refuse(self, scope: Scope, send: Send) -> None:
        message = f"A request has at most {self._most} bytes."
        extensions = {"code": "BAD_USER_INPUT", "requestId": scope["state"]["request_id"]}
        body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
        await send(
            {
                "type": "http.response.start",
                "status": 413,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": body})
