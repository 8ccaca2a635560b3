"""Functions of schema app: who may run them, as whom they run, and that nothing leads them astray."""

import asyncio

import asyncpg
import pytest

from models.access import GATEWAY, OWNER, POLICY, WORKER
from models.declared import functions

BOTH, ONLY_GATEWAY = {GATEWAY, WORKER}, {GATEWAY}

AS_CALLER = {
    "viewer": BOTH,
    "hold_topics": BOTH,
    "mark_read": ONLY_GATEWAY,
    "send_message": ONLY_GATEWAY,
    "set_updated_at": set(),
}
"""These run with the rights of who calls them; a trigger is called by nobody."""

AS_POLICY = {
    # Asked by policies.
    "viewer_rooms": ONLY_GATEWAY,
    "viewer_rooms_as": ONLY_GATEWAY,
    "viewer_banned_rooms": ONLY_GATEWAY,
    "viewer_may_post": ONLY_GATEWAY,
    "viewer_ban": ONLY_GATEWAY,
    # Before there is a viewer.
    "auth_credentials": ONLY_GATEWAY,
    "auth_identity": ONLY_GATEWAY,
    "auth_open_session": ONLY_GATEWAY,
    "auth_refresh": ONLY_GATEWAY,
    "auth_sign_up": ONLY_GATEWAY,
    "revoked_sessions": ONLY_GATEWAY,
    # Searches.
    "find_rooms": ONLY_GATEWAY,
    "find_users": ONLY_GATEWAY,
    # Across people.
    "default_room_seen": ONLY_GATEWAY,  # a number of somebody's account, where many are answered at once
    "delete_room": ONLY_GATEWAY,
    "leave_room": ONLY_GATEWAY,
    "room_exists": ONLY_GATEWAY,
    "room_readers": ONLY_GATEWAY,  # who of many is told of an event: a policy knows one viewer only
    "take": ONLY_GATEWAY,
    # Events and jobs.
    "emit": BOTH,
    "read_events": BOTH,
    "topic_heads": BOTH,
    "topic_heads_seen": ONLY_GATEWAY,
    "oldest_event": ONLY_GATEWAY,
    "enqueue": BOTH,
    # Triggers.
    "count_people": set(),
    "count_room_members": set(),
    "hold_room": set(),
    "note_latest_message": set(),
    "own_new_room": set(),
}
"""These run as crossfade_policy, which sees every row: each checks for itself, or tells of nobody."""

EMPTY = """
    select id from app.find_rooms('hello', 10) as found (id)
    union all select id from app.find_users('', '', null, null, false, 10)
    union all select app.viewer_rooms()
    union all select app.viewer_rooms_as('{owner,moderator,member}')
    union all select app.viewer_banned_rooms()
    union all select id from chat_rooms where app.viewer_may_post(id)
    union all select gen_random_uuid() from chat_rooms, app.viewer_ban(id)"""


async def found(admin):
    sql = """
        select proname, prosecdef, proowner::regrole::text as owner, proconfig, array(
          select r from unnest($1::text[]) r where has_function_privilege(r, p.oid, 'execute')) as runners
        from pg_proc p where pronamespace = 'app'::regnamespace"""
    return {row["proname"]: row for row in await admin.fetch(sql, sorted(BOTH))}


async def ask_as(connection, person):
    await connection.execute("select set_config('app.viewer', $1, false)", str(person.id))


async def test_every_function_is_known_here_with_the_logins_that_may_run_it(admin):
    runners = {name: set(row["runners"]) for name, row in (await found(admin)).items()}
    assert runners == {**AS_CALLER, **AS_POLICY}
    assert runners.keys() == {function.name for function in functions()}


async def test_what_runs_as_another_runs_as_the_role_of_policies_and_nothing_else_does(admin):
    rows = await found(admin)
    assert {name for name, row in rows.items() if row["prosecdef"]} == AS_POLICY.keys()
    assert {row["owner"] for name, row in rows.items() if row["prosecdef"]} == {POLICY}
    assert {row["owner"] for name, row in rows.items() if not row["prosecdef"]} == {OWNER}


async def test_nobody_can_slip_a_table_or_an_operator_of_theirs_under_a_function(admin):
    """Names are looked up in pg_catalog alone; a body that was parsed when it was made needs no path."""
    paths = {name: row["proconfig"] for name, row in (await found(admin)).items()}
    assert {name for name, path in paths.items() if path != ["search_path=pg_catalog"]} == {"viewer"}
    assert "RETURN (NULLIF(" in await admin.fetchval("select pg_get_functiondef('app.viewer'::regproc)")


@pytest.mark.parametrize(
    "call", ["auth_credentials('a@b.c')", "viewer_rooms()", "find_users('', '', null, null, false, 1)"]
)
async def test_who_may_not_run_a_function_is_refused(call, connect):
    worker = await connect(WORKER)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for function"):
        await worker.execute(f"select app.{call}")


async def test_nobody_finds_nothing(connect, people, rooms):
    owner = await people.person("hello")
    place = await rooms.room(owner, name="hello")
    await rooms.ban(place, await people.person())
    connection = await connect()
    assert await connection.fetch(EMPTY) == []
    await ask_as(connection, owner)
    assert len(await connection.fetch(EMPTY)) == 6  # a room in four ways, and two people


@pytest.mark.parametrize(
    "words", ["'", "''", "\\", "'; drop table users; --", "$q$", "$1", "\\%L", "\\%s", "' or true --"]
)
async def test_what_is_searched_for_is_never_run(words, connect, people, admin):
    person = await people.person()
    connection = await connect()
    await ask_as(connection, person)
    for bounds in ("null, null", "$1, $1"):
        sql = f"select * from app.find_users($1, $1, {bounds}, false, 10)"
        assert await connection.fetch(sql, words) == []
    assert await admin.fetchval("select count(*) from users") == 1


@pytest.mark.parametrize("words", ["'", "a'::tsquery or true --", "a')) or true --", "a & |"])
async def test_what_is_no_search_for_rooms_is_an_error_and_never_run(words, connect, people, rooms):
    connection = await connect()
    await ask_as(connection, await people.person())
    with pytest.raises(asyncpg.PostgresSyntaxError, match="in tsquery"):
        await connection.fetch("select * from app.find_rooms($1, 10)", words)


async def test_a_search_for_rooms_leaves_out_what_one_may_not_see(connect, people, rooms):
    owner, stranger, banned = [await people.person() for _ in range(3)]
    open_ = await rooms.room(owner, banned, name="hello")
    hidden = await rooms.room(owner, name="hello", is_private=True)
    await rooms.ban(open_, banned)
    connection, expected = (
        await connect(),
        {owner: {open_.id, hidden.id}, stranger: {open_.id}, banned: set()},
    )
    for person, places in expected.items():
        await ask_as(connection, person)
        rows = await connection.fetch("select id from app.find_rooms('hel:*', 10)")
        assert {row["id"] for row in rows} == places


async def test_a_viewer_that_is_no_uuid_is_an_error_and_an_empty_one_is_nobody(connect):
    connection = await connect()
    assert await connection.fetchval("select app.viewer()") is None
    await connection.execute("set app.viewer = ''")
    assert await connection.fetchval("select app.viewer()") is None
    await connection.execute("set app.viewer = 'ada'")
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await connection.fetchval("select app.viewer()")


async def test_a_refresh_token_is_turned_into_one_new_one_by_each_of_many_at_once(connect, admin, people):
    """Each gets a sibling within the grace; the session is one, and stays."""
    person = await people.signed_in()
    await admin.execute(
        "insert into refresh_tokens (token_hash, session_id, expires_at) values ('old', $1, now() + '1 day')",
        person.session_id,
    )
    refresh = "select outcome from app.auth_refresh('old', $1, now() + interval '1 day', 30)"
    connections = [await connect() for _ in range(10)]
    calls = (connection.fetchval(refresh, b"new %d" % n) for n, connection in enumerate(connections))
    assert await asyncio.gather(*calls) == ["refreshed"] * 10
    assert (
        await admin.fetchval("select count(*) from refresh_tokens where session_id = $1", person.session_id)
        == 11
    )
    await admin.execute(
        "update refresh_tokens set replaced_at = replaced_at - interval '31 s' where token_hash = 'old'"
    )
    assert await connections[0].fetchval(refresh, b"stolen") == "stolen"
    assert await connections[0].fetchval(refresh, b"later") == "ended"


@pytest.mark.parametrize("what", ["name", "address", "identity"])
async def test_of_ten_who_sign_up_alike_at_once_one_is_made_and_the_others_leave_nothing(
    what, connect, admin
):
    sign_up = """
        select app.auth_sign_up(
          gen_random_uuid(), $1, $1, null, $2, 'hash', 'https://issuer', $3, '{}', null)"""

    def person(number):
        return [each if each == what else f"{each}{number}" for each in ("name", "address", "identity")]

    connections = [await connect() for _ in range(10)]
    outcomes = await asyncio.gather(
        *(connection.fetchval(sign_up, *person(number)) for number, connection in enumerate(connections))
    )
    taken = {"name": "username_taken", "address": "email_taken", "identity": "identity_taken"}[what]
    assert sorted(outcomes) == sorted(["made"] + [taken] * 9)
    for table in ("users", "accounts", "credentials", "user_identities"):
        assert await admin.fetchval(f"select count(*) from {table}") == 1
    assert await admin.fetchval("select member_count from chat_rooms where is_default_room") == 1
