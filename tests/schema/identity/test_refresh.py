"""refreshSession."""

import asyncio

import pytest

from kit.clock import now
from kit.crypto import token_hash
from services.events import SESSIONS, user_topic
from tests.schema.identity.sessions import PASSWORD, REFRESH, Jar, call, problems, refresh, sign_in

WRONG = [("WRONG_CREDENTIALS", None)]


@pytest.fixture
async def ada(people):
    return await people.person("ada", password=PASSWORD)


@pytest.fixture
async def token(client, ada):
    return (await sign_in(client, ada.email))["tokens"]["refreshToken"]


async def replaced_long_ago(admin, token):
    """Move its time back, past the 30 seconds."""
    await admin.execute(
        "update refresh_tokens set replaced_at = now() - interval '31 seconds' where token_hash = $1",
        token_hash(token),
    )


async def expired_long_ago(admin, token):
    await admin.execute(
        "update refresh_tokens set expires_at = now() - interval '31 seconds' where token_hash = $1",
        token_hash(token),
    )


async def events(admin, topic):
    rows = await admin.fetch("select kind, payload from events where topic = $1 order by seq", topic)
    return [(row["kind"], row["payload"]) for row in rows]


async def test_a_refresh_token_becomes_a_new_one_of_the_same_session(client, services, ada, token, admin):
    payload = await refresh(client, token)
    claims = services.access_tokens.read(payload["tokens"]["accessToken"], now())
    assert (claims.user_id, claims.session_id) == (
        ada.id,
        await admin.fetchval("select id from user_sessions"),
    )
    assert payload["tokens"]["refreshToken"] not in {None, token}
    assert payload["userErrors"] == []


async def test_the_token_just_replaced_yields_a_sibling_and_both_go_on(client, token):
    first = (await refresh(client, token))["tokens"]["refreshToken"]
    sibling = (await refresh(client, token))["tokens"]["refreshToken"]
    assert first != sibling
    assert (await refresh(client, first))["userErrors"] == []
    assert (await refresh(client, sibling))["userErrors"] == []


async def test_tabs_that_refresh_at_once_all_stay_signed_in(client, token, admin):
    payloads = await asyncio.gather(*(refresh(client, token) for _ in range(20)))
    assert all(payload["userErrors"] == [] for payload in payloads)
    assert len({payload["tokens"]["refreshToken"] for payload in payloads}) == 20
    assert await admin.fetchval("select count(*) from user_sessions where revoked_at is null") == 1


async def test_a_replaced_token_used_later_ends_the_session(client, services, ada, token, admin):
    successor = (await refresh(client, token))["tokens"]["refreshToken"]
    await replaced_long_ago(admin, token)
    assert problems(await refresh(client, token)) == WRONG
    session_id = await admin.fetchval("select id from user_sessions where revoked_at is not null")
    assert services.ended_sessions.has(session_id)
    assert problems(await refresh(client, successor)) == WRONG
    told = [("session_ended", f'{{"session": "{session_id}"}}')]
    assert await events(admin, SESSIONS) == told
    assert await events(admin, user_topic(ada.id)) == told


async def test_a_theft_is_told_once(client, token, admin):
    await refresh(client, token)
    await replaced_long_ago(admin, token)
    payloads = await asyncio.gather(*(refresh(client, token) for _ in range(5)))
    assert [problems(payload) for payload in payloads] == [WRONG] * 5
    assert len(await events(admin, SESSIONS)) == 1


async def test_an_old_token_is_told_to_have_expired(client, token, admin):
    await expired_long_ago(admin, token)
    assert problems(await refresh(client, token)) == [("EXPIRED", None)]
    assert await events(admin, SESSIONS) == []


async def test_a_token_of_a_session_that_ended_is_wrong(client, token, admin):
    await admin.execute("update user_sessions set revoked_at = now()")
    assert problems(await refresh(client, token)) == WRONG


@pytest.mark.parametrize("forged", ["", "x", "\0", "\ud800", "é", "x" * 100_000])
async def test_a_forged_token_is_wrong(client, token, forged):
    assert problems(await call(client, REFRESH, {"refreshToken": forged})) == WRONG
    assert problems(await refresh(client, token[:-1] + forged[:1] + "-")) == WRONG
    assert (await refresh(client, token))["userErrors"] == []


async def test_a_cookie_is_replaced_by_a_cookie(client, token):
    jar = Jar()
    payload = await refresh(client, None, refresh_cookie=token, set_refresh_cookie=jar.set)
    assert payload["tokens"]["refreshToken"] is None
    assert jar.token not in {None, token}
    assert (await refresh(client, jar.token))["userErrors"] == []


async def test_a_token_in_the_input_comes_back_in_the_body_whatever_the_cookie_holds(client, token):
    jar = Jar()
    payload = await refresh(client, token, refresh_cookie="another", set_refresh_cookie=jar.set)
    assert payload["tokens"]["refreshToken"] is not None
    assert jar.told == []


async def test_a_cookie_that_is_no_good_is_taken_away(client, token, admin):
    jar = Jar()
    assert problems(await refresh(client, None, refresh_cookie="x", set_refresh_cookie=jar.set)) == WRONG
    await expired_long_ago(admin, token)
    payload = await refresh(client, None, refresh_cookie=token, set_refresh_cookie=jar.set)
    assert problems(payload) == [("EXPIRED", None)]
    assert jar.told == [(None, None), (None, None)]


async def test_a_browser_that_has_no_cookie_is_not_signed_in(client):
    assert problems(await refresh(client, None, set_refresh_cookie=Jar().set)) == WRONG


async def test_a_socket_cannot_renew_a_cookie_and_does_not_use_it_up(client, token, admin):
    answer = await client.query(REFRESH, {"input": {}}, refresh_cookie=token)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert await admin.fetchval("select count(*) from refresh_tokens where replaced_at is not null") == 0


async def test_refreshing_puts_off_the_end_of_the_session(client, token, admin):
    await admin.execute("update user_sessions set expires_at = now() + interval '1 minute'")
    await refresh(client, token)
    assert await admin.fetchval("select expires_at > now() + interval '29 days' from user_sessions")


async def test_refreshing_costs_three_messages(client, token, statements):
    statements.clear()
    await refresh(client, token)
    assert statements.count == 3
