"""GraphQL over HTTP: how it is asked, what a body may be, and what is said of what went wrong."""

import orjson
import pytest
import structlog
from graphql import get_introspection_query

from gateway.app import create_app
from kit.settings import Settings
from resolvers.loaders.identity import UserById
from tests.client import Client
from tests.gateway.asking import ME, bearer, codes, post, token_of

JSON = {"content-type": "application/json"}
NEW = "application/graphql-response+json"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A sweep in the middle of a test would be counted."""
    return settings.model_copy(update={"sweep_seconds": 60})


@pytest.fixture
async def ada(people):
    return await people.signed_in("ada")


@pytest.fixture
def token(services, ada):
    return token_of(services, ada)


async def test_a_query_is_answered_by_post_and_by_get(client, token):
    for answer in (
        await post(client.http, ME, token=token),
        await client.http.get("/graphql", params={"query": ME}, headers=bearer(token)),
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json() == {"data": {"viewer": {"user": {"username": "ada"}}}}


async def test_variables_and_the_name_of_the_operation_travel_by_post_and_by_get(client, token):
    query = "query A { viewer { id } } query B($name: String!) { user(by: { username: $name }) { username } }"
    asked = {"query": query, "operationName": "B"}
    posted = await client.http.post(
        "/graphql", json={**asked, "variables": {"name": "ada"}}, headers=bearer(token)
    )
    got = await client.http.get(
        "/graphql", params={**asked, "variables": '{"name": "ada"}'}, headers=bearer(token)
    )
    assert posted.json() == got.json() == {"data": {"user": {"username": "ada"}}}


@pytest.mark.parametrize(
    "query",
    [
        "mutation { signOut(input: {}) { endedCount } }",
        'subscription { roomEvents(roomId: "x") { __typename } }',
    ],
)
async def test_a_get_only_reads(client, token, admin, query):
    answer = await client.http.get("/graphql", params={"query": query}, headers=bearer(token))
    assert answer.status_code == (405 if "mutation" in query else 406)
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert await admin.fetchval("select count(*) from user_sessions where revoked_at is not null") == 0


async def test_a_subscription_needs_a_stream(client, token):
    answer = await post(client.http, 'subscription { roomEvents(roomId: "x") { __typename } }', token=token)
    assert answer.status_code == 406
    assert "text/event-stream" in answer.json()["errors"][0]["message"]


# Bodies


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "",
    ],
)
async def test_a_form_of_another_site_is_not_read(client, token, kind):
    """These types cross origins without a preflight; cookies would come along."""
    body = orjson.dumps({"query": ME})
    answer = await client.http.post("/graphql", content=body, headers={"content-type": kind, **bearer(token)})
    assert (answer.status_code, codes(answer)) == (415, ["BAD_USER_INPUT"])


async def test_no_other_site_is_let_in_by_a_preflight(client):
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answer = await client.http.options("/graphql", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"123",
        b"null",
        b"true",
        b'"{ viewer { id } }"',
        b"[]",
        b"[1]",
        b"{}",
        b'{"query":null}',
        b'{"query":""}',
        b'{"query":5}',
        b'{"query":["{ viewer { id } }"]}',
        b"\xff\xfe",
        b'{"query":"\\ud800"}',
        b'{"query":"{ viewer { id } }","variables":[]}',
        b'{"query":"{ viewer { id } }","variables":"x"}',
        b'{"query":"{ viewer { id } }","extensions":5}',
        b'{"query":"{ viewer { id } }","operationName":5}',
        b'{"query":"{ viewer { id } }","variables":' + b'{"a":' * 3000,
        b'{"query":"{ viewer { id } }","variables":' + b'{"a":' * 3000 + b"1" + b"}" * 3001,
        b'{"query":"{ viewer { id } }","variables":' + b"[" * 500_000,
        b'{"documentId":5}',
        b'{"documentId":""}',
        b'{"extensions":{}}',
        b'{"query":"{ viewer { id } }","extensions":"x"}',
        b'{"query":"{ viewer { id } }"} {}',
        b'{"query":"{ viewer { id } }\xff"}',
        b'{"query":"{ viewer { id } }","variables":{"a":NaN}}',
        b'{"query":"{ viewer { id } }","variables":{"a":"\\ud800"}}',
        b"NaN",
        b"-1e999",
        b"9" * 5000,
        '{"query":"{ viewer { id } }"}'.encode("utf-16"),
    ],
)
@pytest.mark.parametrize(
    "accept", ["application/json", "application/graphql-response+json", "text/event-stream"]
)
async def test_a_body_that_is_no_request_is_a_bad_request(client, token, body, accept):
    answer = await client.http.post(
        "/graphql", content=body, headers={**JSON, **bearer(token), "accept": accept}
    )
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])
    assert "data" not in answer.json()


CANNOT_RUN = {
    "{": "GRAPHQL_PARSE_FAILED",
    "fragment A on User { id }": "GRAPHQL_VALIDATION_FAILED",
    "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
    "query($id: ID!) { node(id: $id) { id } }": "BAD_USER_INPUT",
    "query A { viewer { id } } query B { viewer { id } }": "BAD_USER_INPUT",
    "{ viewer { id } }" + "{" * 5000: "GRAPHQL_PARSE_FAILED",
    "\0": "GRAPHQL_PARSE_FAILED",
}


@pytest.mark.parametrize("query", CANNOT_RUN)
@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("*/*", 200), ("application/graphql-response+json", 400)],
)
async def test_what_cannot_run_is_told_by_status_where_the_client_takes_the_new_kind(
    client, token, query, accept, status
):
    answer = await post(client.http, query, token=token, accept=accept)
    assert (answer.status_code, codes(answer)) == (status, [CANNOT_RUN[query]])
    assert answer.headers["content-type"] == ("application/json" if status == 200 else accept)
    assert "data" not in answer.json()


async def test_a_name_that_no_operation_has_is_told(client, token):
    asked = {"query": "query A { viewer { id } }", "operationName": "B"}
    answer = await client.http.post("/graphql", json=asked, headers={"accept": NEW})
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])


async def test_a_token_that_is_not_good_is_told_by_status(client):
    answer = await post(client.http, ME, token="x", accept=NEW)
    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])


async def test_an_empty_name_and_nulls_are_as_nothing(client, token):
    asked = {"query": ME, "operationName": "", "variables": None, "extensions": None, "documentId": None}
    answer = await client.http.post("/graphql", json=asked, headers=bearer(token))
    assert answer.json() == {"data": {"viewer": {"user": {"username": "ada"}}}}


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "text/plain"])
async def test_who_takes_no_json_gets_406_and_the_reason_in_json(client, accept):
    answer = await post(client.http, ME, accept=accept)
    assert (answer.status_code, codes(answer)) == (406, ["BAD_USER_INPUT"])


async def test_who_lists_events_among_others_gets_json_for_a_query(client, token):
    """As urql does."""
    accept = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"
    answer = await post(client.http, ME, token=token, accept=accept)
    assert answer.headers["content-type"] == NEW
    assert answer.json() == {"data": {"viewer": {"user": {"username": "ada"}}}}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
async def test_only_post_and_get_ask(client, method):
    answer = await client.http.request(method, "/graphql", json={"query": ME})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1", "us-ascii", "x"])
async def test_other_charsets_are_not_read(client, charset):
    kind = f"application/json; charset={charset}"
    answer = await client.http.post(
        "/graphql", content=b'{"query":"{ __typename }"}', headers={"content-type": kind}
    )
    assert (answer.status_code, codes(answer)) == (415, ["BAD_USER_INPUT"])


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
async def test_a_body_is_read_only_as_it_is(client, encoding):
    """A small body that unpacks to a large one is not for us."""
    headers = {**JSON, "content-encoding": encoding}
    answer = await client.http.post("/graphql", content=b'{"query":"{ __typename }"}', headers=headers)
    assert (answer.status_code, codes(answer)) == (415, ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "query=",
        "variables={}",
        "query={__typename}&variables=x",
        "query={__typename}&variables=[]",
        "query={__typename}&variables=%ff",
        "query=%ff%fe",
        "query={__typename}&extensions=5",
        "query={__typename}&" + "a=1&" * 50,
    ],
)
async def test_an_address_that_is_no_request_is_a_bad_request(client, parameters):
    answer = await client.http.get(f"/graphql?{parameters}")
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])


async def test_batches_are_off(client, token, statements):
    statements.clear()
    answer = await client.http.post("/graphql", json=[{"query": ME}] * 2, headers=bearer(token))
    assert (answer.status_code, statements.count) == (400, 0)


async def chunks(number: int, size: int):
    for _ in range(number):
        yield b" " * size


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_large_body_is_refused(client, settings, is_announced):
    most = settings.max_body_bytes
    body = b" " * (most + 1) if is_announced else chunks(11, most // 10)
    answer = await client.http.post("/graphql", content=body, headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"] == {
        "code": "BAD_USER_INPUT",
        "requestId": answer.headers["x-request-id"],
    }


async def test_a_body_of_just_the_limit_is_read(client, settings, token):
    body = orjson.dumps({"query": ME})
    padded = body + b" " * (settings.max_body_bytes - len(body))
    answer = await client.http.post("/graphql", content=padded, headers={**JSON, **bearer(token)})
    assert answer.json()["data"]["viewer"]["user"]["username"] == "ada"


# Errors


async def test_an_error_names_its_code_and_its_request(client, token):
    answer = await post(client.http, '{ node(id: "?") { id } }', token=token)
    (error,) = answer.json()["errors"]
    assert error["path"] == ["node"]
    assert error["message"] == "This is not an identifier."
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "requestId": answer.headers["x-request-id"]}


async def test_each_answer_has_an_id_of_its_own(client, token):
    answers = [
        await post(client.http, ME, token=token),
        await post(client.http, ME, token=token),
        await client.http.post("/graphql", content=b"{", headers=JSON),
        await client.http.get("/graphql", headers={"accept": "text/html"}),
        await client.http.get("/healthz"),
        await client.http.get("/nowhere"),
    ]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { id } } \0", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ users(query: 5) { nodes { id } } }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($q: String!) { users(query: $q) { nodes { id } } }", {}, "BAD_USER_INPUT"),
        ("query($q: String!) { users(query: $q) { nodes { id } } }", {"q": 5}, "BAD_USER_INPUT"),
        ("query($n: Int) { rooms(first: $n) { nodes { id } } }", {"n": 2**31}, "BAD_USER_INPUT"),
        ("query($n: Int) { rooms(first: $n) { nodes { id } } }", {"n": 1e300}, "BAD_USER_INPUT"),
        ("query($n: Int) { rooms(first: $n) { nodes { id } } }", {"n": 101}, "BAD_USER_INPUT"),
        ("query($o: RoomOrder) { rooms(orderBy: $o) { nodes { id } } }", {"o": "OLDEST"}, "BAD_USER_INPUT"),
        ("query($a: String) { rooms(after: $a) { nodes { id } } }", {"a": "x"}, "BAD_USER_INPUT"),
    ],
)
async def test_what_a_program_got_wrong_has_a_code(client, token, query, variables, code):
    answer = await post(client.http, query, variables, token=token)
    assert codes(answer) == [code]
    assert answer.json().get("data") is None


async def test_what_went_wrong_inside_stays_inside(client, token, monkeypatch):
    async def fail(_self: UserById, _keys: object) -> None:
        raise RuntimeError("select password_hash from credentials")

    monkeypatch.setattr(UserById, "batch_load_fn", fail)
    with structlog.testing.capture_logs() as logged:
        answer = await post(client.http, "{ viewer { hasPassword user { username } } }", token=token)
    (error,) = answer.json()["errors"]
    assert error["message"] == "Something went wrong on our side."
    assert error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "requestId": answer.headers["x-request-id"],
    }
    assert "credentials" not in answer.text
    assert "RuntimeError" not in answer.text
    (line,) = [line for line in logged if line["event"] == "unexpected_error"]
    assert "credentials" in str(line["exc_info"])


# Limits


def deep(levels: int) -> str:
    """That many fields within each other above a leaf."""
    inner = "replyTo { " * (levels - 4) + "id" + " }" * (levels - 4)
    return f'{{ room(id: "x") {{ messages {{ edges {{ node {{ {inner} }} }} }} }} }}'


def aliased(number: int) -> str:
    return f"{{ {' '.join(f'a{n}: serviceLimits {{ maxDepth }}' for n in range(number))} }}"


def long(tokens: int) -> str:
    return f"{{ serviceLimits {{ {'maxDepth ' * (tokens - 5)} }} }}"


@pytest.mark.parametrize(
    ("document", "limit", "code", "word"),
    [
        (deep, 12, "GRAPHQL_VALIDATION_FAILED", "depth"),
        (aliased, 15, "GRAPHQL_VALIDATION_FAILED", "aliases"),
        (long, 1000, "GRAPHQL_PARSE_FAILED", "tokens"),
    ],
)
async def test_a_document_has_limits(client, token, statements, document, limit, code, word):
    assert code not in codes(await post(client.http, document(limit), token=token))
    statements.clear()
    answer = await post(client.http, document(limit + 1), token=token)
    assert codes(answer) == [code]
    assert word in answer.json()["errors"][0]["message"]
    assert statements.count == 0


async def test_introspection_may_be_deeper_than_any_page(client):
    kinds = "ofType { " * 13 + "name" + " }" * 13
    document = f"{{ __schema {{ queryType {{ name }} types {{ {kinds} }} }} }}"
    for asked in (document, get_introspection_query(input_value_deprecation=True)):
        answer = await post(client.http, asked)
        assert "errors" not in answer.json()
        assert answer.json()["data"]["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize(
    "mask", ["{ __typename room", "{ __schema: room", "{ __schema { queryType { name } } room"]
)
async def test_what_is_deep_cannot_pass_for_introspection(client, token, mask):
    hidden = deep(13).replace("{ room", mask, 1)
    assert codes(await post(client.http, hidden, token=token)) == ["GRAPHQL_VALIDATION_FAILED"]


async def test_introspection_cannot_go_round_in_circles(client):
    """Types of fields of types of fields: each round is as many times more as types have fields."""
    circle = "fields { type { " * 5 + "name" + " } }" * 5
    answer = await post(client.http, f"{{ __schema {{ types {{ {circle} }} }} }}")
    assert set(codes(answer)) == {"GRAPHQL_VALIDATION_FAILED"}


# What may be switched off


@pytest.fixture
async def closed(services, settings: Settings):
    """A gateway that shows neither its schema nor GraphiQL."""
    changed = settings.model_copy(update={"is_introspection_on": False, "is_graphiql_on": False})
    app = create_app(changed, lambda: None)  # type: ignore[arg-type, return-value]  # services are open
    app.state.services = services
    async with Client(app, services) as opened:
        yield opened


async def test_introspection_can_be_switched_off(closed):
    answer = await post(closed.http, "{ __schema { queryType { name } } }")
    assert set(codes(answer)) == {"GRAPHQL_VALIDATION_FAILED"}
    assert "data" not in answer.json()


async def test_a_browser_gets_graphiql(client, closed):
    page = await client.http.get("/graphql", headers={"accept": "text/html,application/xhtml+xml"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "<title>" in page.text
    assert (await closed.http.get("/graphql", headers={"accept": "text/html"})).status_code == 404


async def test_a_program_that_asks_for_nothing_gets_no_page(client):
    answer = await client.http.get("/graphql", headers={"accept": "application/json"})
    assert answer.status_code == 400
