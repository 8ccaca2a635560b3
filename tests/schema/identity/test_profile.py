"""updateProfile."""

import asyncio

import pytest

from services.events import PROFILES
from tests.schema.identity.sessions import call, problems

UPDATE = """mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) { user { username displayName viewerIsSelf } userErrors { code field } }
}"""


@pytest.fixture
async def ada(people):
    return await people.person("ada.l", display_name="Ada")


async def told(admin):
    """How many changes the topic of profiles knows of."""
    return await admin.fetchval("select count(*) from events where topic = $1", PROFILES)


async def test_both_names_change_at_once_and_it_is_told_once(client, admin, ada):
    payload = await call(client, UPDATE, {"username": "Countess", "displayName": " Ada L. "}, as_=ada)
    assert payload["user"] == {"username": "Countess", "displayName": "Ada L.", "viewerIsSelf": True}
    row = await admin.fetchrow("select kind, payload from events where topic = $1", PROFILES)
    assert tuple(row) == ("profile_changed", f'{{"user": "{ada.id}"}}')
    assert await told(admin) == 1


@pytest.mark.parametrize(
    ("input_", "expected"),
    [({"username": "Countess"}, ("Countess", "Ada")), ({"displayName": "Lady"}, ("ada.l", "Lady"))],
)
async def test_what_is_left_out_stays(client, admin, ada, input_, expected):
    payload = await call(client, UPDATE, input_, as_=ada)
    assert (payload["user"]["username"], payload["user"]["displayName"]) == expected
    assert await told(admin) == 1


@pytest.mark.parametrize(
    "input_",
    [{}, {"username": None, "displayName": None}, {"username": "ada.l"}, {"displayName": "Ada"}],
)
async def test_where_nothing_changes_nothing_is_told(client, admin, ada, input_):
    payload = await call(client, UPDATE, input_, as_=ada)
    assert payload["user"] == {"username": "ada.l", "displayName": "Ada", "viewerIsSelf": True}
    assert payload["userErrors"] == []
    assert await told(admin) == 0


async def test_ones_own_name_can_be_written_in_another_way(client, ada):
    payload = await call(client, UPDATE, {"username": "Ada.L"}, as_=ada)
    assert payload["user"]["username"] == "Ada.L"


@pytest.mark.parametrize("name", ["grace", "GRACE", "gr\u0430ce", "\uff47race"])
async def test_a_name_that_looks_like_anothers_is_refused(client, people, admin, ada, name):
    await people.person("grace")
    payload = await call(client, UPDATE, {"username": name, "displayName": "New"}, as_=ada)
    assert payload["user"] is None
    assert [path for _, path in problems(payload)] == [["username"]]
    assert await admin.fetchval("select display_name from users where id = $1", ada.id) == "Ada"
    assert await told(admin) == 0


async def test_a_name_that_somebody_has_is_taken(client, people, ada):
    await people.person("grace")
    payload = await call(client, UPDATE, {"username": "Grace"}, as_=ada)
    assert problems(payload) == [("TAKEN", ["username"])]


async def test_of_many_who_want_a_name_at_once_one_gets_it(client, people):
    everybody = [await people.person() for _ in range(8)]
    payloads = await asyncio.gather(
        *(call(client, UPDATE, {"username": "one-of-a-kind"}, as_=each) for each in everybody)
    )
    assert sorted(problems(payload) for payload in payloads) == [[]] + [[("TAKEN", ["username"])]] * 7


async def test_all_that_is_wrong_is_told_at_once(client, admin, ada):
    payload = await call(client, UPDATE, {"username": "a", "displayName": "x" * 81}, as_=ada)
    assert problems(payload) == [("TOO_SHORT", ["username"]), ("TOO_LONG", ["displayName"])]
    assert await told(admin) == 0


@pytest.mark.parametrize("nasty", ["", "a\0bc", "a\ud800bc", "a\u202ebc", "x" * 100_000])
@pytest.mark.parametrize("field", ["username", "displayName"])
async def test_what_cannot_be_kept_is_refused(client, ada, field, nasty):
    payload = await call(client, UPDATE, {field: nasty}, as_=ada)
    assert [path for _, path in problems(payload)] == [[field]]


async def test_nobody_has_no_profile(client):
    assert (await client.query(UPDATE, {"input": {}})).codes == ["UNAUTHENTICATED"]


async def test_a_change_costs_four_messages(client, ada, statements):
    statements.clear()
    await call(client, UPDATE, {"displayName": "Lady"}, as_=ada)
    assert statements.count == 4
