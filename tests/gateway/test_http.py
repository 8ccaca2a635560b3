"""GraphQL over HTTP: how it is asked, what a body may be, and what is said of what went wrong."""

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
