"""signUp."""

import asyncio
from datetime import timedelta

import pytest

from kit.clock import now
from kit.crypto import token_hash
from kit.ids import global_id
from resolvers.identity import sign_up
from services.identity.usernames import clean_username
from tests.schema.identity.sessions import PASSWORD, SIGN_UP, Jar, call, problems

ADA = {"email": "ada@example.com", "password": PASSWORD, "username": "ada.l", "displayName": "Ada"}


async def people_made(admin):
    return await admin.fetchval("select count(*) from users")


async def test_signing_up_signs_in(client, services, admin):
    payload = await call(client, SIGN_UP, ADA)
    claims = services.access_tokens.read(payload["tokens"]["accessToken"], now())
    assert payload["userErrors"] == []
    assert payload["viewer"] == {
        "id": global_id("Viewer", claims.user_id),
        "email": "ada@example.com",
        "user": {"username": "ada.l", "displayName": "Ada"},
    }
    assert await admin.fetchval("select id from user_sessions") == claims.session_id


async def test_the_refresh_token_and_the_password_are_kept_as_hashes_only(client, admin):
    payload = await call(client, SIGN_UP, ADA)
    hashes = [row["token_hash"] for row in await admin.fetch("select token_hash from refresh_tokens")]
    assert hashes == [token_hash(payload["tokens"]["refreshToken"])]
    assert (await admin.fetchval("select password_hash from credentials")).startswith("$argon2id$")


async def test_a_name_is_invented_where_none_is_given_and_is_not_the_address(client):
    payload = await call(client, SIGN_UP, {"email": "grace@example.com", "password": PASSWORD})
    name = payload["viewer"]["user"]["username"]
    assert clean_username(name) == name
    assert "grace" not in name
    assert payload["viewer"]["user"]["displayName"] == name


async def test_another_name_is_invented_where_the_first_is_taken(client, people, monkeypatch):
    await people.person("amber-otter-1000")
    names = iter(["amber-otter-1000", "amber-otter-1001"])
    monkeypatch.setattr(sign_up, "invent_username", lambda _rng: next(names))
    payload = await call(client, SIGN_UP, {"email": "grace@example.com", "password": PASSWORD})
    assert payload["viewer"]["user"]["username"] == "amber-otter-1001"


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_stored(client, admin):
    wrong = {"email": "nowhere", "password": "short", "username": "ab", "displayName": "a\u202eb"}
    payload = await call(client, SIGN_UP, wrong)
    assert payload["tokens"] is None
    assert payload["viewer"] is None
    assert problems(payload) == [
        ("INVALID", ["email"]),
        ("TOO_SHORT", ["password"]),
        ("TOO_SHORT", ["username"]),
        ("INVALID", ["displayName"]),
    ]
    assert await people_made(admin) == 0
    assert await admin.fetchval("select count(*) from rate_buckets") == 0


@pytest.mark.parametrize("nasty", ["a\0bc", "a\ud800bc", "a\u200bbc", "x" * 100_000])
@pytest.mark.parametrize("field", ["email", "username", "displayName"])
async def test_what_cannot_be_kept_is_refused(client, admin, field, nasty):
    payload = await call(client, SIGN_UP, {**ADA, field: nasty})
    if payload["userErrors"]:
        assert [path for _, path in problems(payload)] == [[field]]
        assert await people_made(admin) == 0
    else:
        assert (field, nasty) == ("displayName", "a\u200bbc")


@pytest.mark.parametrize("nasty", ["nul \0 in the password", "lone \ud800 surrogate", "x" * 100_000])
async def test_a_password_that_cannot_be_kept_is_refused(client, nasty):
    payload = await call(client, SIGN_UP, {**ADA, "password": nasty})
    assert [path for _, path in problems(payload)] == [["password"]]


async def test_a_known_address_is_taken_in_any_case(client, people, admin):
    await people.person("ada")
    payload = await call(client, SIGN_UP, {**ADA, "email": "Ada@Example.com"})
    assert problems(payload) == [("TAKEN", ["email"])]
    assert await people_made(admin) == 1
    assert await admin.fetchval("select count(*) from user_sessions") == 0


@pytest.mark.parametrize("name", ["alice", "ALICE", "al1ce", "\uff41lice", "\u0430li\u0441e"])
async def test_a_name_that_looks_like_anothers_is_refused(client, people, admin, name):
    await people.person("alice")
    payload = await call(client, SIGN_UP, {**ADA, "username": name})
    assert [path for _, path in problems(payload)] == [["username"]]
    assert await people_made(admin) == 1


async def test_many_who_sign_up_with_one_address_at_once_make_one_account(client, admin):
    inputs = [{**ADA, "username": f"ada-{number}"} for number in range(5)]
    payloads = await asyncio.gather(*(call(client, SIGN_UP, each) for each in inputs))
    assert sorted(problems(payload) for payload in payloads) == [[]] + [[("TAKEN", ["email"])]] * 4
    assert await people_made(admin) == 1


async def test_the_sixth_from_one_address_within_an_hour_waits(client, admin):
    before = now()
    for number in range(5):
        payload = await call(client, SIGN_UP, {**ADA, "email": f"{number}@example.com", "username": None})
        assert payload["userErrors"] == []
    payload = await call(client, SIGN_UP, {**ADA, "email": "5@example.com"})
    (error,) = payload["userErrors"]
    assert (error["code"], error["max"]) == ("LIMIT_REACHED", 5)
    assert before.isoformat() < error["retryAt"] < (now() + timedelta(hours=1)).isoformat()
    assert await people_made(admin) == 5
    elsewhere = await call(client, SIGN_UP, {**ADA, "email": "5@example.com"}, address="192.0.2.7")
    assert elsewhere["userErrors"] == []


async def test_neighbours_in_one_ipv6_network_share_their_turns(client):
    for number in range(6):
        input_ = {**ADA, "email": f"{number}@example.com", "username": None}
        payload = await call(client, SIGN_UP, input_, address=f"2001:db8::{number}")
    assert problems(payload) == [("LIMIT_REACHED", None)]


async def test_a_browser_may_have_its_refresh_token_as_a_cookie(client, admin):
    jar = Jar()
    payload = await call(client, SIGN_UP, {**ADA, "delivery": "COOKIE"}, set_refresh_cookie=jar.set)
    assert payload["tokens"]["refreshToken"] is None
    assert jar.token is not None
    assert await admin.fetchval("select token_hash from refresh_tokens") == token_hash(jar.token)


async def test_a_socket_cannot_have_a_cookie_and_nothing_is_stored(client, admin):
    answer = await client.query(SIGN_UP, {"input": {**ADA, "delivery": "COOKIE"}})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert await people_made(admin) == 0


async def test_signing_up_costs_seven_messages(client, statements):
    statements.clear()
    await call(client, SIGN_UP.replace("viewer { id email user { username displayName } }", ""), ADA)
    # A turn, a person and their session: each with a begin and a commit, the latter two in one transaction.
    assert statements.count == 3 + 4
