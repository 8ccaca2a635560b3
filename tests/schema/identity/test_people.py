"""viewer, user, users."""

from uuid import uuid4

import pytest

from kit.ids import global_id
from tests.client import Somebody

ME = """{ viewer {
  id email isEmailVerified hasPassword plan isOnboarded identities { issuer subject } user { id viewerIsSelf }
} }"""
USER = """query ($by: UserLookup!) {
  user(by: $by) { id username displayName createdAt viewerIsSelf }
}"""
USERS = """query ($query: String!, $first: Int, $after: String, $last: Int, $before: String) {
  users(query: $query, first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { username } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


@pytest.fixture
async def ada(people):
    return await people.person("ada.l", display_name="Ada", password="a long and uncommon one")


async def found(client, as_: Somebody, query: str, **page):
    answer = await client.query(USERS, {"query": query, **page}, as_=as_)
    assert answer.errors == []
    return [node["username"] for node in answer.data["users"]["nodes"]], answer.data["users"]["pageInfo"]


async def test_who_is_signed_in_sees_all_of_their_own(client, admin, ada):
    await admin.execute(
        "insert into user_identities (user_id, issuer, subject) values ($1, 'https://id.example', 'ada')",
        ada.id,
    )
    assert (await client.query(ME, as_=ada)).data["viewer"] == {
        "id": global_id("Viewer", ada.id),
        "email": ada.email,
        "isEmailVerified": True,
        "hasPassword": True,
        "plan": "FREE",
        "isOnboarded": False,
        "identities": [{"issuer": "https://id.example", "subject": "ada"}],
        "user": {"id": global_id("User", ada.id), "viewerIsSelf": True},
    }


async def test_nobody_is_no_viewer(client):
    assert (await client.query(ME)).data == {"viewer": None}


async def test_a_token_of_somebody_who_is_gone_is_no_viewer(client, admin, ada):
    await admin.execute("delete from users where id = $1", ada.id)
    answer = await client.query(ME, as_=ada)
    assert (answer.data, answer.errors) == ({"viewer": None}, [])


@pytest.mark.parametrize("name", ["ada.l", "ADA.L", " ada.l ", "ada.I", "\uff41da.l"])
async def test_a_person_is_found_by_any_spelling_of_their_name(client, people, ada, name):
    answer = await client.query(USER, {"by": {"username": name}}, as_=await people.person())
    assert answer.data["user"]["username"] == "ada.l"
    assert answer.data["user"]["viewerIsSelf"] is False


async def test_a_person_is_found_by_id(client, people, ada):
    other = await people.person("grace")
    answer = await client.query(USER, {"by": {"id": global_id("User", other.id)}}, as_=ada)
    user = answer.data["user"]
    assert (user["username"], user["displayName"], user["viewerIsSelf"]) == ("grace", "grace", False)


@pytest.mark.parametrize(
    "by",
    [
        {"username": "nobody-here"},
        {"username": ""},
        {"username": "a\0b"},
        {"username": "\ud800" * 4},
        {"username": "x" * 100_000},
        {"id": global_id("User", uuid4())},
        {"id": global_id("Session", uuid4())},
    ],
)
async def test_who_is_not_there_is_null(client, ada, by):
    answer = await client.query(USER, {"by": by}, as_=ada)
    assert (answer.data, answer.errors) == ({"user": None}, [])


@pytest.mark.parametrize("by", [{}, {"id": "x", "username": "ada"}, {"id": None}])
async def test_a_lookup_names_exactly_one(client, ada, by):
    assert (await client.query(USER, {"by": by}, as_=ada)).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("nonsense", ["", "x", "é", "VXNlcjp4"])
async def test_what_is_no_id_is_refused(client, ada, nonsense):
    assert (await client.query(USER, {"by": {"id": nonsense}}, as_=ada)).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("document", "variables"), [(USER, {"by": {"username": "ada.l"}}), (USERS, {"query": "ada"})]
)
async def test_people_are_shown_to_people_only(client, ada, document, variables):
    answer = await client.query(document, variables)
    assert answer.codes == ["UNAUTHENTICATED"]
    assert not (answer.data or {}).get("user")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("al", ["Alice", "al-fresco"]),
        ("AL", ["Alice", "al-fresco"]),
        ("al1", ["Alice"]),
        ("lady", ["zoe"]),
        ("Lady  L", []),
        ("  zo ", ["zoe"]),
        ("ce", []),
        ("%%", []),
        ("__", []),
        ("a_", []),
        ("\\%", []),
        ("50% o", ["sale"]),
        ("ΣΟΦΙΑΣ", ["sophia"]),
        ("σοφίασ", []),
        ("İz", ["izmir"]),
    ],
)
async def test_people_are_found_by_how_their_names_begin(client, people, query, names):
    ada = await people.person("ada.l")
    for name, display_name in (
        ("Alice", None),
        ("al-fresco", None),
        ("zoe", "Lady Lovelace"),
        ("sale", "50% off"),
        ("sophia", "Σοφιασα"),
        ("izmir", "İzmir"),
    ):
        await people.person(name, display_name=display_name)
    assert sorted((await found(client, ada, query))[0]) == sorted(names)


@pytest.mark.parametrize("query", ["", "a", " a ", "a\0b", "\ud800\ud800", "x" * 81, "x" * 100_000])
async def test_a_search_that_cannot_find_anybody_is_refused(client, ada, query):
    assert (await client.query(USERS, {"query": query}, as_=ada)).codes == ["BAD_USER_INPUT"]


async def test_a_search_is_paged_both_ways_and_not_counted(client, people, ada):
    for number in range(5):
        await people.person(f"finder-{number}x")
    everybody, _ = await found(client, ada, "finder")
    first, info = await found(client, ada, "finder", first=2)
    second, more = await found(client, ada, "finder", first=2, after=info["endCursor"])
    back, _ = await found(client, ada, "finder", last=2, before=more["endCursor"])
    last, end = await found(client, ada, "finder", last=2)
    assert [first, second, back, last] == [everybody[:2], everybody[2:4], everybody[1:3], everybody[3:]]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
    assert (end["hasNextPage"], end["hasPreviousPage"]) == (False, True)
    assert (await client.query(USERS, {"query": "finder"}, as_=ada)).data["users"]["totalCount"] is None


async def test_names_with_the_longest_keys_have_cursors_too(client, people, ada):
    for last in "힣힢":
        await people.person("각" * 49 + last)
    first, info = await found(client, ada, "각각", first=1)
    second, _ = await found(client, ada, "각각", first=1, after=info["endCursor"])
    assert {*first, *second} == {"각" * 49 + "힣", "각" * 49 + "힢"}


@pytest.mark.parametrize("cursor", ["", "x", "é", "WyJ1c2VycyIsMV0", "WyJyb29tcyIsImEiXQ", "x" * 5_000])
async def test_a_forged_cursor_is_refused(client, ada, cursor):
    answer = await client.query(USERS, {"query": "ada", "after": cursor}, as_=ada)
    assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("number", [1, 100])
async def test_a_search_costs_three_messages(client, people, ada, statements, number):
    for each in range(number):
        await people.person(f"searched-{each}")
    statements.clear()
    names, _ = await found(client, ada, "searched", first=100)
    assert len(names) == number
    assert statements.count == 3
