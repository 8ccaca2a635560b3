"""GraphQL over HTTP: one request, one answer; a subscription is told as events (sse.py)."""

import time
from typing import Any
from urllib.parse import parse_qs

import orjson
import structlog
from graphql import OperationType
from starlette.types import Receive, Scope, Send

from executor.engine import Prepared
from gateway.answering import Refused
from gateway.context import Caller
from gateway.ide import graphiql_page
from gateway.transport.asking import Malformed, Sent, sent_in
from gateway.transport.bodies import compressed, entity_tag, is_known, takes_gzip
from gateway.transport.cookies import Jar
from gateway.transport.desk import Desk, Failed, errors_of
from gateway.transport.media import GRAPHQL, JSON, Taken, is_json, taken
from gateway.transport.origins import is_own
from gateway.transport.sse import EventStream, told_once
from gateway.transport.wire import RESPONSE, respond
from kit.errors import BadInput, ErrorCode, Unauthenticated
from kit.log import REQUEST
from resolvers.context import Request

log = structlog.get_logger()

LONGEST_HEADER = 1000
"""Bytes of an Accept header that are read."""
MOST_PARAMETERS = 20
STATUSES = {ErrorCode.UNAUTHENTICATED: 401, ErrorCode.FORBIDDEN: 403}
"""Of what was not run, where the client takes the new kind of JSON; all else is 400."""
Headers = list[tuple[bytes, bytes]]
NONE: dict[str, Any] = {}


class WrongRequest(BadInput):
    """Something of HTTP, not of GraphQL."""

    def __init__(self, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class Gone(Exception):  # noqa: N818 - nothing went wrong
    """The client left before its request was whole."""


class Exchange:
    """One request and what becomes of it."""

    __slots__ = (
        "_cookies",
        "_desk",
        "_headers",
        "_more",
        "_receive",
        "_scope",
        "_send",
        "_taken",
        "request_id",
        "status",
    )

    def __init__(self, desk: Desk, scope: Scope, receive: Receive, send: Send) -> None:
        self._desk = desk
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._taken: Taken = taken(self._headers.get(b"accept", b"")[:LONGEST_HEADER])
        self._more: Headers = []
        is_secure = desk.settings.environment == "production"
        self._cookies = Jar(self._headers.get(b"cookie", b""), is_secure=is_secure)
        self.request_id = desk.request_ids.new()
        self.status = 0

    async def run(self) -> None:
        """Answer it, whatever it is."""
        began = time.perf_counter()
        REQUEST.set(self.request_id)
        try:
            await self._answer()
        except WrongRequest as wrong:
            await self._refuse(wrong.status, errors_of(wrong, self.request_id), *wrong.headers)
        except Malformed as wrong:
            await self._refuse(400, errors_of(wrong, self.request_id))
        except Refused as refused:
            await self._refuse(self._status_of(refused), refused.errors)
        except Gone:
            return
        except Exception:
            log.exception("request_failed")
            await self._refuse(500, errors_of(Failed(), self.request_id))
        self._desk.metrics.requests[self.status] += 1
        if self._desk.is_logging:
            took = round((time.perf_counter() - began) * 1000, 1)
            method, path = self._scope["method"], self._scope["path"]
            log.info("request", method=method, path=path, status=self.status, ms=took)

    async def _answer(self) -> None:
        method, kind = self._scope["method"], self._taken
        if method == "POST":
            sent = sent_in(_loaded(await self._body()))
        elif method == "GET":
            if kind.is_page:
                await self._page()
                return
            sent = _sent_in_query(self._scope["query_string"])
        else:
            raise WrongRequest(405, "Ask by POST, or by GET.", (b"allow", b"GET, POST"))
        if kind.json is None and not kind.is_events:
            raise WrongRequest(406, "Answers are JSON: `Accept: application/graphql-response+json`.")
        caller = await self._caller()
        if kind.is_only_events:
            await self._tell(sent, caller)
        else:
            await self._answer_in_json(sent, caller)

    async def _answer_in_json(self, sent: Sent, caller: Caller) -> None:
        prepared = self._desk.prepare(sent, self.request_id)
        if prepared.kind is OperationType.SUBSCRIPTION:
            await self._tell_stream(prepared, caller)
            return
        self._check_method(prepared)
        answer = await self._desk.answer(prepared, caller, "http")
        is_public = self._scope["method"] == "GET" and b"authorization" not in self._headers
        await self._respond(200, answer, is_public=is_public)

    async def _tell(self, sent: Sent, caller: Caller) -> None:
        """As events, refusals too: who listens for events reads nothing else."""
        try:
            prepared = self._desk.prepare(sent, self.request_id)
            if prepared.kind is OperationType.SUBSCRIPTION:
                await self._tell_stream(prepared, caller)
                return
            self._check_method(prepared)
            answer = await self._desk.answer(prepared, caller, "sse")
        except Refused as refused:
            answer = orjson.dumps({"data": None, "errors": refused.errors})
        self.status = 200
        await told_once(self._send, answer, self._own_headers())

    async def _tell_stream(self, prepared: Prepared, caller: Caller) -> None:
        if not self._taken.is_events:
            raise WrongRequest(406, "A subscription needs `Accept: text/event-stream`, or a WebSocket.")
        await self._identify_listener(caller)
        cursor = self._headers.get(b"last-event-id", b"").decode("latin-1")
        self.status = 200
        stream = EventStream(self._desk, caller, self._send)
        await stream.run(prepared, [cursor] if cursor else [], self._receive, self._own_headers())

    def _check_method(self, prepared: Prepared) -> None:
        if prepared.kind is OperationType.MUTATION and self._scope["method"] == "GET":
            raise WrongRequest(405, "Mutations are not allowed when using GET.", (b"allow", b"POST"))

    def _status_of(self, refused: Refused) -> int:
        if self._taken.json != GRAPHQL:
            return 200
        return STATUSES.get(refused.errors[0]["extensions"]["code"], 400) if refused.errors else 400

    # What was sent

    async def _body(self) -> bytes:
        if not is_json(self._headers.get(b"content-type", b"")[:LONGEST_HEADER]):
            raise WrongRequest(415, "Send `Content-Type: application/json`, in UTF-8.")
        if self._headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise WrongRequest(415, "Send the body as it is, without `Content-Encoding`.")
        most = self._desk.settings.max_body_bytes
        length = self._headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > most:
            raise WrongRequest(413, f"A request has at most {most} bytes.")
        body, parts = b"", []
        size, is_more = 0, True
        while is_more:
            message = await self._receive()  # for as long as the server lets it: transport.wire
            if message["type"] == "http.disconnect":
                raise Gone
            body, is_more = message.get("body", b""), message.get("more_body", False)
            size += len(body)
            if size > most:
                raise WrongRequest(413, f"A request has at most {most} bytes.")
            parts.append(body)
        return body if len(parts) == 1 else b"".join(parts)

    async def _caller(self) -> Caller:
        services, client = self._desk.services, self._scope["client"]
        agent = self._headers.get(b"user-agent")
        request = Request(
            address=client[0] if client else "",
            user_agent=None if agent is None else agent.decode("latin-1"),
            refresh_cookie=self._cookies.refresh,
            set_refresh_cookie=self._cookies.set_refresh,
            set_access_cookie=self._cookies.set_access,
        )
        caller = Caller(services, request, request_id=self.request_id)
        if authorization := self._headers.get(b"authorization"):
            await self._identify(caller, authorization.decode("latin-1"))
        return caller

    async def _identify(self, caller: Caller, authorization: str) -> None:
        try:
            caller.viewer = await self._desk.bearers.viewer_of(caller.services, authorization)
        except Unauthenticated as refused:
            caller.refused = refused

    async def _identify_listener(self, caller: Caller) -> None:
        """By the cookie: an EventSource of our own page, which cannot send headers, and nothing else."""
        is_listening = self._scope["method"] == "GET" and b"authorization" not in self._headers
        token = self._cookies.access
        if is_listening and token is not None and is_own(self._headers):
            await self._identify(caller, f"Bearer {token}")

    # What is answered

    def _own_headers(self) -> Headers:
        return [(b"x-request-id", self.request_id.encode()), *self._cookies.set_headers, *self._more]

    async def _refuse(self, status: int, errors: list[dict[str, Any]], *headers: tuple[bytes, bytes]) -> None:
        self._more += headers
        await self._respond(status, orjson.dumps({"errors": errors}))

    async def _respond(self, status: int, body: bytes, *, is_public: bool = False) -> None:
        kind = self._taken.json or JSON
        headers = [(b"content-type", kind), *self._own_headers()]
        if is_public and not self._cookies.set_headers and not body.endswith(b"]}"):
            tag = entity_tag(body, kind)
            headers += self._caching(tag)
            if is_known(tag, self._headers.get(b"if-none-match", b"")):
                status, body = 304, b""
        settings = self._desk.settings
        if 0 < settings.compress_from_bytes <= len(body) and takes_gzip(
            self._headers.get(b"accept-encoding", b"")
        ):
            body = await compressed(body)
            headers.append((b"content-encoding", b"gzip"))
        if status != 304:
            headers.append((b"content-length", b"%d" % len(body)))
        self.status = status
        response = self._scope.get("extensions", NONE).get(RESPONSE)
        if response is not None and self._scope["method"] != "HEAD":
            await respond(response, status, headers, body)
        else:
            await self._send({"type": "http.response.start", "status": status, "headers": headers})
            await self._send({"type": "http.response.body", "body": body})

    def _caching(self, tag: bytes) -> Headers:
        seconds = self._desk.settings.public_cache_seconds
        kept = b"public, max-age=%d" % seconds if seconds else b"public, no-cache"
        vary = b"accept, accept-encoding, authorization"
        return [(b"cache-control", kept), (b"etag", tag), (b"vary", vary)]

    async def _page(self) -> None:
        page = graphiql_page(self._desk.settings)
        page.headers["x-request-id"] = self.request_id
        self.status = page.status_code
        await page(self._scope, self._receive, self._send)


def _loaded(body: bytes) -> object:
    """Raises Malformed."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("The body is not JSON in UTF-8.") from None


def _sent_in_query(query: bytes) -> Sent:
    """The same object, as parameters of an address. Raises Malformed."""
    try:
        found = parse_qs(query.decode("ascii"), errors="strict", max_num_fields=MOST_PARAMETERS)
        given: dict[str, Any] = {name: values[-1] for name, values in found.items()}
        for name in ("variables", "extensions"):
            if name in given:
                given[name] = orjson.loads(given[name])
    except ValueError:
        raise Malformed("The parameters of this address are not readable.") from None
    return sent_in(given)
