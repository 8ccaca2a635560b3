"""Answers on their way out: compressed, kept by caches, counted."""

import gzip

import orjson
import pytest

from gateway.app import create_app
from gateway.metrics import Metrics
from gateway.transport.bodies import LONG, compressed, takes_gzip
from kit.settings import Settings
from tests.client import Client
from tests.gateway.asking import ME, bearer, codes, post, token_of

LIMITS = "{ serviceLimits { maxDepth } }"
LARGE = "{ __schema { types { name description fields { name description } } } }"
WANTS = {"accept-encoding": "gzip"}


@pytest.fixture
async def ada(people):
    return await people.signed_in("ada")


@pytest.fixture
def token(services, ada):
    return token_of(services, ada)


@pytest.fixture
async def changed(services, settings: Settings):
    """A maker of gateways with other settings."""
    clients = []

    async def make(**changes):
        made = settings.model_copy(update=changes)
        app = create_app(made, lambda: None)  # type: ignore[arg-type, return-value]  # services are open
        app.state.services = services
        clients.append(Client(app, services))
        return clients[-1]

    yield make
    for each in clients:
        await each.__aexit__()


# Compression


@pytest.mark.parametrize(
    ("header", "is_taken"),
    [
        (b"gzip", True),
        (b"gzip, deflate, br", True),
        (b"br, GZIP;q=0.5", True),
        (b"*", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000", False),
        (b"br", False),
        (b"", False),
    ],
)
def test_gzip_is_for_who_takes_it(header, is_taken):
    assert takes_gzip(header) is is_taken


@pytest.mark.parametrize("size", [1000, LONG])
async def test_what_is_compressed_comes_back(size):
    body = orjson.dumps({"data": "x" * size})
    small = await compressed(body)
    assert gzip.decompress(small) == body
    assert len(small) < len(body) / 10


async def test_a_large_answer_is_compressed_and_a_small_one_is_not(client):
    large = await post(client.http, LARGE, **WANTS)
    assert large.headers["content-encoding"] == "gzip"
    assert int(large.headers["content-length"]) < len(large.content) / 3
    assert "errors" not in large.json()
    assert "content-encoding" not in (await post(client.http, LIMITS, **WANTS)).headers


async def test_who_does_not_take_gzip_gets_it_plain(client):
    answer = await post(client.http, LARGE, **{"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_compression_can_be_left_to_others(changed):
    client = await changed(compress_from_bytes=0)
    assert "content-encoding" not in (await post(client.http, LARGE, **WANTS)).headers


# Caches


async def get(http, query=LIMITS, **headers):
    return await http.get("/graphql", params={"query": query}, headers=headers)


async def test_what_is_everybody_s_has_a_tag_and_is_sent_once(client):
    first = await get(client.http)
    assert first.headers["cache-control"] == "public, no-cache"
    assert {"accept", "authorization"} <= set(first.headers["vary"].split(", "))
    tag = first.headers["etag"]
    for known in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        again = await get(client.http, **{"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "public, no-cache"
    assert (await get(client.http, **{"if-none-match": '"x"'})).status_code == 200


async def test_another_kind_of_json_has_another_tag(client):
    tags = {
        (await get(client.http, accept=accept)).headers["etag"]
        for accept in ("application/json", "application/graphql-response+json")
    }
    assert len(tags) == 2


async def test_how_long_caches_may_keep_it_is_for_the_operator(changed):
    client = await changed(public_cache_seconds=60)
    assert (await get(client.http)).headers["cache-control"] == "public, max-age=60"


async def test_what_is_somebody_s_is_kept_by_nobody(client, token):
    answers = [
        await get(client.http, ME, **bearer(token)),
        await get(client.http, ME, authorization="Bearer x"),
        await post(client.http, LIMITS),
    ]
    assert [name for answer in answers for name in answer.headers if name in {"etag", "cache-control"}] == []


async def test_an_error_is_kept_by_nobody(client):
    answer = await get(client.http, '{ node(id: "?") { id } }')
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert "etag" not in answer.headers


# Numbers


async def test_a_process_tells_prometheus_what_it_has_counted(client, token):
    await post(client.http, ME, token=token)
    await post(client.http, '{ node(id: "?") { id } }', token=token)
    await post(client.http, "{ nothing }", token=token)
    await client.http.post("/graphql", content=b"{")
    answer = await client.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = set(answer.text.splitlines())
    assert {
        'crossfade_http_requests_total{status="200"} 3.0',
        'crossfade_http_requests_total{status="415"} 1.0',
        'crossfade_operations_total{kind="query",outcome="ok",transport="http"} 1.0',
        'crossfade_operations_total{kind="query",outcome="errors",transport="http"} 1.0',
        "crossfade_operation_seconds_count 2.0",
        "crossfade_sockets 0.0",
        'crossfade_streams{transport="sse"} 0.0',
    } <= lines


async def test_numbers_can_be_switched_off(changed):
    client = await changed(is_metrics_on=False)
    assert (await client.http.get("/metrics")).status_code == 404


def test_reasons_without_number_are_counted_together():
    metrics = Metrics()
    for number in range(150):
        metrics.fell_back(f"reason {number}")
    assert len(metrics.fallbacks) == 101
    assert metrics.fallbacks["other"] == 50


# Time


async def test_what_takes_too_long_is_ended_and_told(changed, token, admin, ada):
    client = await changed(operation_seconds=0.2)
    await admin.execute("begin; lock table users in access exclusive mode")
    answer = await post(client.http, ME, token=token)
    assert (answer.status_code, codes(answer), answer.json()["data"]) == (200, ["TIMEOUT"], None)
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
    await admin.execute("rollback")
    assert (await post(client.http, ME, token=token)).json()["data"]["viewer"]["user"]["username"] == "ada"
