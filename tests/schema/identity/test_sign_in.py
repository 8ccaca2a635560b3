"""signIn."""

import asyncio

import pytest

from kit.clock import now
from kit.ids import global_id
from tests.schema.identity.sessions import PASSWORD, SIGN_IN, Jar, call, problems, sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
async def ada(people):
    return await people.person("ada", password=PASSWORD)


async def test_the_right_password_signs_in(client, services, ada):
    payload = await sign_in(client, ada.email)
    claims = services.access_tokens.read(payload["tokens"]["accessToken"], now())
    assert claims.user_id == ada.id
    assert payload["viewer"] == {"id": global_id("Viewer", ada.id), "email": ada.email}
    assert payload["userErrors"] == []


async def test_an_address_is_known_in_any_case_and_with_blanks_around(client, ada):
    assert (await sign_in(client, "  ADA@Example.Com "))["userErrors"] == []


async def test_the_session_remembers_its_device_and_is_the_current_one(client, services, ada):
    document = SIGN_IN.replace("email }", "sessions { nodes { device viewerIsCurrent } } }")
    input_ = {"email": ada.email, "password": PASSWORD}
    payload = await call(client, document, input_, user_agent=FIREFOX)
    assert payload["viewer"]["sessions"]["nodes"] == [{"device": "Firefox on Linux", "viewerIsCurrent": True}]


async def test_a_cookie_takes_the_place_of_the_refresh_token(client, ada):
    jar = Jar()
    input_ = {"email": ada.email, "password": PASSWORD, "delivery": "COOKIE"}
    payload = await call(client, SIGN_IN, input_, set_refresh_cookie=jar.set)
    assert payload["tokens"]["refreshToken"] is None
    assert jar.token is not None
    answer = await client.query(SIGN_IN, {"input": input_})
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_nobody_learns_whether_an_account_exists(client, people, ada, statements):
    without_password = await people.person("grace")
    answers, costs = [], []
    for email in (ada.email, "nobody@example.com", without_password.email, "no address", "", "a\0b@c.de"):
        statements.clear()
        answers.append(await sign_in(client, email, "not the password", address=email[:1]))
        costs.append(statements.count)
    assert answers == [answers[0]] * 6
    assert problems(answers[0]) == [("WRONG_CREDENTIALS", None)]
    assert costs == [5] * 6


async def test_as_much_work_is_done_for_an_account_that_does_not_exist(client, services, ada, monkeypatch):
    verified = []

    async def verify(_password, stored):
        verified.append(stored is not None)
        return False

    monkeypatch.setattr(services.passwords, "verify", verify)
    await sign_in(client, ada.email)
    await sign_in(client, "nobody@example.com")
    assert verified == [True, False]


@pytest.mark.parametrize("password", ["", "\0", "\ud800", "x" * 200_000])
async def test_any_password_may_be_wrong(client, ada, password):
    assert problems(await sign_in(client, ada.email, password)) == [("WRONG_CREDENTIALS", None)]


async def test_of_thirty_attempts_at_once_ten_are_heard(client, ada):
    payloads = await asyncio.gather(*(sign_in(client, ada.email, "wrong") for _ in range(30)))
    codes = sorted(error["code"] for payload in payloads for error in payload["userErrors"])
    assert codes == ["LIMIT_REACHED"] * 20 + ["WRONG_CREDENTIALS"] * 10


async def test_the_right_password_has_to_wait_too(client, ada):
    for _ in range(10):
        await sign_in(client, ada.email, "wrong", address="192.0.2.1")
    payload = await sign_in(client, ada.email, address="192.0.2.2")
    (error,) = payload["userErrors"]
    assert (error["code"], error["max"]) == ("LIMIT_REACHED", 10)
    assert error["retryAt"] > now().isoformat()
    assert payload["tokens"] is None


async def test_the_limit_of_an_account_holds_for_one_that_does_not_exist(client):
    for number in range(10):
        await sign_in(client, "nobody@example.com", address=f"192.0.2.{number}")
    payload = await sign_in(client, "NOBODY@example.com", address="192.0.2.99")
    assert problems(payload) == [("LIMIT_REACHED", None)]


async def test_who_has_used_up_their_address_uses_up_nobodys_account(client, ada):
    for number in range(10):
        await sign_in(client, f"{number}@example.com", address="192.0.2.1")
    for _ in range(10):
        assert problems(await sign_in(client, ada.email, "x", address="192.0.2.1")) == [
            ("LIMIT_REACHED", None)
        ]
    assert (await sign_in(client, ada.email, address="192.0.2.2"))["userErrors"] == []


async def test_no_address_stands_in_a_bucket(client, admin, ada):
    await sign_in(client, ada.email)
    keys = [row["key"] for row in await admin.fetch("select key from rate_buckets")]
    assert len(keys) == 2
    assert not any("ada" in key for key in keys)


async def test_no_connection_is_held_while_a_password_is_verified(client, services, ada, monkeypatch):
    verify = services.passwords.verify
    in_use = []

    async def watched(password, stored):
        await asyncio.gather(*services.database._returning)
        in_use.append(services.database.in_use)
        return await verify(password, stored)

    monkeypatch.setattr(services.passwords, "verify", watched)
    await sign_in(client, ada.email)
    assert in_use == [0]
