"""Who asks over HTTP: bearer tokens good and bad, and the cookie that keeps the refresh token."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.app import create_app
from kit.clock import now
from kit.settings import Settings
from resolvers.context import Services
from services.identity.tokens import AccessTokens
from tests.client import Client
from tests.factories.identity import CHEAP
from tests.gateway.asking import ME, codes, post, token_of

PASSWORD = "correct horse battery"
SIGN_IN = """mutation($input: SignInInput!) { signIn(input: $input) {
  tokens { accessToken refreshToken } viewer { user { username } } userErrors { code } } }"""
REFRESH = """mutation($input: RefreshSessionInput!) { refreshSession(input: $input) {
  tokens { accessToken refreshToken } userErrors { code } } }"""
SIGN_OUT = "mutation { signOut(input: {}) { endedCount } }"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A sweep in the middle of a test would be counted."""
    return settings.model_copy(update={"sweep_seconds": 60})


@pytest.fixture
async def ada(people, services):
    services.passwords._hasher = CHEAP
    return await people.device(await people.person("ada", password=PASSWORD))


@pytest.fixture
def by_password(ada):
    return {"input": {"email": ada.email, "password": PASSWORD}}


@pytest.fixture
def by_cookie(by_password):
    return {"input": {**by_password["input"], "delivery": "COOKIE"}}


def foreign(services: Services, ada) -> str:
    lifetime = timedelta(minutes=15)
    return (
        AccessTokens("the secret of another house, long enough", lifetime)
        .issue(ada.id, ada.session_id, now())
        .value
    )


def tampered(services: Services, ada) -> str:
    """The claims of one token under the signature of another."""
    head, _, signature = token_of(services, ada).split(".")
    other = token_of(services, replace(ada, id=ada.session_id)).split(".")[1]
    return f"{head}.{other}.{signature}"


def unsigned(services: Services, ada) -> str:
    """{"alg":"none"}."""
    return f"eyJhbGciOiJub25lIn0.{token_of(services, ada).split('.')[1]}."


BAD = {
    "wrong": lambda services, ada: "not-a-token",
    "empty": lambda services, ada: "",
    "expired": lambda services, ada: token_of(services, ada, age=timedelta(hours=1)),
    "foreign": foreign,
    "tampered": tampered,
    "unsigned": unsigned,
    "cut": lambda services, ada: token_of(services, ada)[:-1],
}


@pytest.fixture(params=BAD)
def bad_token(request, services, ada) -> str:
    return BAD[request.param](services, ada)


# Bearer tokens


async def test_a_good_token_says_who_asks(client, services, ada):
    token = token_of(services, ada)
    for header in (f"Bearer {token}", f"bearer {token}"):
        answer = await post(client.http, ME, authorization=header)
        assert answer.json() == {"data": {"viewer": {"user": {"username": "ada"}}}}


async def test_nobody_may_ask_too(client):
    assert (await post(client.http, ME)).json() == {"data": {"viewer": None}}


async def test_a_bad_token_is_refused_and_nothing_is_read(client, bad_token, statements):
    statements.clear()
    for query in (ME, "{ serviceLimits { maxDepth } }", "{ __typename }", SIGN_OUT):
        answer = await post(client.http, query, token=bad_token)
        assert "data" not in answer.json()
        assert codes(answer) == ["UNAUTHENTICATED"]
        assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert statements.count == 0


@pytest.mark.parametrize("header", ["Basic YWRhOng=", "Bearer", "Token x"])
async def test_another_scheme_is_refused(client, ada, header):
    assert codes(await post(client.http, ME, authorization=header)) == ["UNAUTHENTICATED"]


async def test_the_token_of_an_ended_session_is_refused_at_once(client, services, ada):
    token = token_of(services, ada)
    ended = await post(client.http, SIGN_OUT, token=token)
    assert ended.json() == {"data": {"signOut": {"endedCount": 1}}}
    assert codes(await post(client.http, ME, token=token)) == ["UNAUTHENTICATED"]


async def test_a_bad_token_does_not_keep_one_from_signing_in(client, bad_token, by_password):
    signed_in = (await post(client.http, SIGN_IN, by_password, token=bad_token)).json()["data"]["signIn"]
    assert signed_in["userErrors"] == []
    assert signed_in["viewer"]["user"]["username"] == "ada"
    kept = {"input": {"refreshToken": signed_in["tokens"]["refreshToken"]}}
    refreshed = (await post(client.http, REFRESH, kept, token=bad_token)).json()["data"]["refreshSession"]
    assert refreshed["userErrors"] == []
    answer = await post(client.http, ME, token=refreshed["tokens"]["accessToken"])
    assert answer.json()["data"]["viewer"]["user"]["username"] == "ada"


async def test_a_bad_token_is_not_excused_by_what_stands_beside_it(client, bad_token, by_password, admin):
    both = f"{SIGN_IN.removesuffix('}')} signOut(input: {{}}) {{ endedCount }} }}"
    before = await admin.fetchval("select count(*) from user_sessions")
    assert codes(await post(client.http, both, by_password, token=bad_token)) == ["UNAUTHENTICATED"]
    assert await admin.fetchval("select count(*) from user_sessions") == before


# The cookies


def parts(answer, name: str = "crossfade_refresh") -> tuple[str, set[str]]:
    """Its value, and its attributes save the moment when it ends."""
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{name}=")]
    value, *attributes = cookie.split("; ")
    return value.partition("=")[2], {each for each in attributes if not each.startswith("expires")}


ATTRIBUTES = {"HttpOnly", "Path=/graphql", "SameSite=strict"}


async def test_the_refresh_token_may_travel_as_a_cookie_that_no_script_reads(client, by_cookie):
    answer = await post(client.http, SIGN_IN, by_cookie)
    value, attributes = parts(answer)
    assert attributes == ATTRIBUTES
    assert len(value) >= 40
    assert answer.json()["data"]["signIn"]["tokens"]["refreshToken"] is None
    assert value not in answer.text


async def test_the_access_token_travels_as_a_cookie_too_and_ends_with_it(client, by_cookie):
    answer = await post(client.http, SIGN_IN, by_cookie)
    value, attributes = parts(answer, "crossfade_access")
    assert (value, attributes) == (answer.json()["data"]["signIn"]["tokens"]["accessToken"], ATTRIBUTES)
    ends = {cookie.name: cookie.expires for cookie in client.http.cookies.jar}
    assert 14 * 60 < ends["crossfade_access"] - now().timestamp() <= 15 * 60


async def test_in_production_the_cookies_go_over_https_only(services, settings: Settings, by_cookie):
    changed = settings.model_copy(update={"environment": "production"})
    app = create_app(changed, lambda: None)  # type: ignore[arg-type, return-value]  # services are open
    app.state.services = replace(services, settings=changed)
    async with Client(app, services) as production:
        answer = await post(production.http, SIGN_IN, by_cookie)
    for name in ("crossfade_refresh", "crossfade_access"):
        assert parts(answer, name)[1] == {*ATTRIBUTES, "Secure"}


async def test_the_cookie_is_enough_to_refresh_and_is_replaced(client, by_cookie):
    first = parts(await post(client.http, SIGN_IN, by_cookie))[0]
    answer = await post(client.http, REFRESH, {"input": {}})
    refreshed = answer.json()["data"]["refreshSession"]
    second, attributes = parts(answer)
    assert (refreshed["userErrors"], refreshed["tokens"]["refreshToken"]) == ([], None)
    assert attributes == ATTRIBUTES
    assert second not in ("", first)
    assert parts(answer, "crossfade_access")[0] == refreshed["tokens"]["accessToken"]
    me = await post(client.http, ME, token=refreshed["tokens"]["accessToken"])
    assert me.json()["data"]["viewer"]["user"]["username"] == "ada"


async def test_signing_out_takes_the_cookies_away(client, by_cookie):
    signed_in = await post(client.http, SIGN_IN, by_cookie)
    token = signed_in.json()["data"]["signIn"]["tokens"]["accessToken"]
    answer = await post(client.http, SIGN_OUT, token=token)
    for name in ("crossfade_refresh", "crossfade_access"):
        assert parts(answer, name) == ("", {*ATTRIBUTES, "Max-Age=0"})
    assert not client.http.cookies


async def test_a_cookie_alone_signs_nobody_in(client, by_cookie):
    """Only what a script adds on purpose does, so that another site cannot ask as the person."""
    await post(client.http, SIGN_IN, by_cookie)
    assert set(client.http.cookies) == {"crossfade_refresh", "crossfade_access"}
    nobody = {"data": {"viewer": None}}
    assert (await post(client.http, ME)).json() == nobody
    assert (await client.http.get("/graphql", params={"query": ME})).json() == nobody


async def test_a_token_in_the_body_sets_no_cookie(client, by_password):
    answer = await post(client.http, SIGN_IN, by_password)
    assert "set-cookie" not in answer.headers
    assert len(answer.json()["data"]["signIn"]["tokens"]["refreshToken"]) >= 40
