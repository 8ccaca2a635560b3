"""Documents by name: kept for clients, or trusted by the operator."""

import json

import orjson
import pytest

from gateway.app import create_app
from gateway.transport.asking import Malformed, Sent
from gateway.transport.documents import LONGEST, Documents, NotKept, NotTrusted, digest
from kit.settings import Settings, SettingsError
from tests.client import Client
from tests.gateway.asking import codes

QUERY = "{ serviceLimits { maxDepth } }"
JSON = {"content-type": "application/json"}
NEW = "application/graphql-response+json"


def sent(query: str | None = None, document_id: str | None = None, persisted: object = None) -> Sent:
    extensions = None if persisted is None else {"persistedQuery": persisted}
    return Sent(query, document_id, None, None, extensions)


def apollo(name: str) -> dict[str, object]:
    return {"version": 1, "sha256Hash": name}


@pytest.fixture
def documents(settings):
    return Documents(settings.model_copy(update={"max_kept_documents": 2}))


@pytest.fixture
def trusting(settings, tmp_path):
    """A maker of documents that trust a file or a folder."""

    def make(path, *, only=False):
        changed = {"trusted_documents": path, "is_trusted_documents_only": only}
        return Documents(settings.model_copy(update=changed))

    return make


def test_what_was_sent_with_its_name_is_found_by_it(documents):
    name = digest(QUERY)
    for named in (sent(QUERY, f"sha256:{name}"), sent(QUERY, None, apollo(name))):
        assert documents.text(named) == QUERY
        documents.keep(named)
        assert documents.text(sent(None, f"sha256:{name}")) == QUERY
        assert documents.text(sent(None, None, apollo(name))) == QUERY


def test_a_name_that_nobody_gave_is_not_found(documents):
    with pytest.raises(NotKept):
        documents.text(sent(None, "sha256:" + "0" * 64))


def test_a_wrong_name_is_refused_and_not_kept(documents):
    with pytest.raises(Malformed, match="hash"):
        documents.text(sent(QUERY, "sha256:" + digest("{ a }")))


@pytest.mark.parametrize(
    "persisted",
    [5, "x", [], {}, {"version": 1}, {"version": 2, "sha256Hash": "x"}, {"version": 1, "sha256Hash": 5}],
)
def test_what_is_no_name_of_apollo_is_refused(documents, persisted):
    with pytest.raises(Malformed):
        documents.text(sent(QUERY, None, persisted))


def test_only_the_most_recent_are_kept_and_long_ones_never(documents):
    texts = ["{ a }", "{ b }", "{ c }"]
    for text in texts[:2]:
        documents.keep(sent(text, digest(text)))
    documents.text(sent(None, digest("{ a }")))
    for text in ("{ c }", "{ d }" + " " * LONGEST):
        documents.keep(sent(text, digest(text)))
    assert len(documents) == 2
    assert documents.text(sent(None, digest("{ a }"))) == "{ a }"
    with pytest.raises(NotKept):
        documents.text(sent(None, digest("{ b }")))


def test_what_was_sent_without_a_name_is_not_kept(documents):
    documents.keep(sent(QUERY))
    assert len(documents) == 0


def test_a_folder_of_files_is_trusted(trusting, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "limits.graphql").write_text(QUERY + "\n")
    documents = trusting(tmp_path, only=True)
    assert documents.text(sent(None, digest(QUERY))) == QUERY
    assert documents.text(sent(QUERY)) == QUERY
    assert documents.text(sent(QUERY + "\n")) == QUERY + "\n"


@pytest.mark.parametrize(
    "manifest",
    [
        {"limits": QUERY},
        {
            "format": "apollo-persisted-query-manifest",
            "operations": [{"id": "limits", "body": QUERY, "name": "x"}],
        },
        {"sha256:limits": QUERY},
    ],
)
def test_a_manifest_is_trusted_by_its_names_and_by_hash(trusting, tmp_path, manifest):
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(manifest))
    documents = trusting(path, only=True)
    for name in ("limits", "sha256:limits", f"sha256:{digest(QUERY)}"):
        assert documents.text(sent(None, name)) == QUERY


def test_where_only_trusted_documents_are_served_no_other_is_and_none_is_kept(trusting, tmp_path):
    documents = trusting(tmp_path, only=True)
    with pytest.raises(NotTrusted):
        documents.text(sent(QUERY))
    documents.keep(sent(QUERY, digest(QUERY)))
    with pytest.raises(NotKept):
        documents.text(sent(None, digest(QUERY)))


@pytest.mark.parametrize(
    "content", ["{", "[]", "5", '{"a": 5}', '{"operations": [{}]}', '{"operations": 5}', "\udcff"]
)
def test_a_manifest_that_cannot_be_read_is_a_wrong_setting(trusting, tmp_path, content):
    path = tmp_path / "documents.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError, match="CROSSFADE_TRUSTED_DOCUMENTS"):
        trusting(path)


def test_a_manifest_that_is_not_there_is_a_wrong_setting(trusting, tmp_path):
    with pytest.raises(SettingsError, match="CROSSFADE_TRUSTED_DOCUMENTS"):
        trusting(tmp_path / "nowhere.json")


def test_to_serve_only_documents_that_are_not_named_is_a_wrong_setting(trusting):
    with pytest.raises(SettingsError, match="CROSSFADE_TRUSTED_DOCUMENTS: needed"):
        trusting(None, only=True)


# Over HTTP


async def ask(http, body, accept="application/json"):
    return await http.post("/graphql", content=orjson.dumps(body), headers={**JSON, "accept": accept})


async def test_apollo_s_two_steps_work(client):
    extensions = {"persistedQuery": apollo(digest(QUERY))}
    first = await ask(client.http, {"extensions": extensions})
    assert (first.status_code, codes(first)) == (200, ["PERSISTED_QUERY_NOT_FOUND"])
    assert first.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    second = await ask(client.http, {"query": QUERY, "extensions": extensions})
    third = await ask(client.http, {"extensions": extensions})
    got = await client.http.get("/graphql", params={"extensions": json.dumps(extensions)})
    assert second.json() == third.json() == got.json() == {"data": {"serviceLimits": {"maxDepth": 12}}}


async def test_a_document_is_asked_for_by_its_id(client):
    await ask(client.http, {"query": QUERY, "documentId": f"sha256:{digest(QUERY)}"})
    asked = {"documentId": f"sha256:{digest(QUERY)}"}
    posted, got = await ask(client.http, asked), await client.http.get("/graphql", params=asked)
    assert posted.json() == got.json() == {"data": {"serviceLimits": {"maxDepth": 12}}}


async def test_an_unknown_id_has_a_code_and_a_status(client):
    answer = await ask(client.http, {"documentId": "sha256:0"}, NEW)
    assert (answer.status_code, codes(answer)) == (400, ["PERSISTED_QUERY_NOT_FOUND"])


async def test_a_wrong_hash_has_a_code_and_a_status(client):
    answer = await ask(client.http, {"query": QUERY, "documentId": "sha256:0"}, NEW)
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])


async def test_a_document_that_is_not_valid_is_not_kept(client):
    bad = "{ nothing }"
    for body in ({"query": bad, "documentId": digest(bad)}, {"documentId": digest(bad)}):
        answer = await ask(client.http, body)
    assert codes(answer) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_a_gateway_may_serve_its_own_documents_only(services, settings: Settings, tmp_path):
    (tmp_path / "limits.graphql").write_text(QUERY)
    changed = settings.model_copy(update={"trusted_documents": tmp_path, "is_trusted_documents_only": True})
    app = create_app(changed, lambda: None)  # type: ignore[arg-type, return-value]  # services are open
    app.state.services = services
    async with Client(app, services) as closed:
        by_name = await ask(closed.http, {"documentId": f"sha256:{digest(QUERY)}"})
        assert by_name.json() == {"data": {"serviceLimits": {"maxDepth": 12}}}
        refused = await ask(closed.http, {"query": "{ viewer { id } }"}, NEW)
        assert (refused.status_code, codes(refused)) == (403, ["FORBIDDEN"])
