"""What is no request, over HTTP: never a 500, always a code."""

import orjson
import pytest

from kit.settings import Settings
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
