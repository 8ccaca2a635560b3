"""GraphQL over HTTP, WebSocket and SSE, by strawberry's handlers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from fastapi import Request as HttpRequest
from fastapi import Response
from starlette.requests import HTTPConnection
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message

from gateway.auth import viewer_of
from gateway.context import Caller
from gateway.ide import graphiql_page
from kit.errors import Unauthenticated
from kit.settings import Settings
from resolvers.context import Request, Services

COOKIE = "crossfade_refresh"
PATH = "/graphql"


async def context_of(connection: HTTPConnection, response: Response = None) -> dict[str, Any]:  # type: ignore[assignment]  # a socket has none
    """Strawberry's context: the caller, under one key."""
    services: Services = connection.app.state.services
    settings = services.settings
    cookies = None if response is None else _CookieJar(response, settings).set
    request = Request(
        address=connection.client.host if connection.client else "",
        user_agent=connection.headers.get("user-agent"),
        refresh_cookie=connection.cookies.get(COOKIE),
        set_refresh_cookie=cookies,
    )
    caller = Caller(services, request, request_id=connection.scope["state"]["request_id"])
    if connection.scope["type"] == "http":
        await _identify(caller, connection.headers.get("authorization"))
    return {"caller": caller}


async def _identify(caller: Caller, authorization: str | None) -> None:
    try:
        caller.viewer = await viewer_of(caller.services, authorization)
    except Unauthenticated as refused:
        caller.refused = refused


class _CookieJar:
    """Keeps the refresh token where scripts cannot read it and other sites cannot send it."""

    def __init__(self, response: Response, settings: Settings) -> None:
        self._response = response
        self._is_secure = settings.environment == "production"

    def set(self, token: str | None, expires_at: datetime | None) -> None:
        """None takes it away."""
        self._response.set_cookie(
            COOKIE,
            token or "",
            expires=expires_at if token else None,
            max_age=None if token else 0,
            path=PATH,
            secure=self._is_secure,
            httponly=True,
            samesite="strict",
        )


class Handler(BaseGraphQLTransportWSHandler[Any, None]):
    """Strawberry's, which takes for granted that a message is made of what the protocol says."""

    async def handle_message(self, message: Message) -> None:
        """4400 for what is no message."""
        if _is_sound(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Failed to parse message")


def _is_sound(message: Mapping[str, Any]) -> bool:
    if not isinstance(message.get("id", ""), str):
        return False
    if message.get("type") != "subscribe":
        return True
    payload = message.get("payload")
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("operationName"), str | None)
        and isinstance(payload.get("variables"), dict | None)
    )


class GraphQL(GraphQLRouter[Any, None]):
    """Strawberry's router with our JSON, our page and our sign-in."""

    graphql_transport_ws_handler_class = Handler

    def __init__(self, schema: BaseSchema, settings: Settings) -> None:
        super().__init__(
            schema,
            path=PATH,
            context_getter=context_of,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=10),
            max_subscriptions_per_connection=settings.max_subscriptions_per_socket,
            allowed_origins=settings.allowed_origins,
            graphql_ide="graphiql" if settings.is_graphiql_on else None,
        )
        self._settings = settings

    def decode_json(self, data: str | bytes) -> object:
        """An object. Raises JSONDecodeError for all else, which strawberry would stumble over."""
        read = orjson.loads(data)
        if read is None:
            return {}
        if not isinstance(read, dict):
            raise orjson.JSONDecodeError("not an object", "", 0)
        return read

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()  # a socket's frames are text

    async def render_graphql_ide(self, request: HttpRequest) -> Any:  # noqa: ARG002 - its signature
        return graphiql_page(self._settings)

    async def on_ws_connect(self, context: Any) -> dict[str, object]:
        """Sign in by `connection_init`. Nobody may connect too; a bad token may not (4403)."""
        caller: Caller = context["caller"]
        params = context.get("connection_params") or {}
        try:
            caller.viewer = await viewer_of(caller.services, _authorization(params))
        except Unauthenticated as refused:
            raise ConnectionRejectionError({"message": refused.message, **refused.extensions}) from None
        return {}


def _authorization(params: object) -> str | None:
    given = params if isinstance(params, dict) else {}
    found = next((value for key, value in given.items() if key.lower() == "authorization"), None)
    return found if isinstance(found, str) else None
