"""Rooms come, change and go; people come and go."""

import asyncio
from uuid import uuid4

import pytest

from kit.ids import global_id
from tests.schema.rooms.asking import change, codes, mutate, say

ROOM = "name description isPrivate slowModeSeconds memberCount viewerCanEdit viewerMembership { role }"


async def create(client, person, *, key=None, **given):
    given = {"name": "Vinyl", "clientKey": str(key or uuid4()), **given}
    return await change(client, "createRoom", given, f"edge {{ cursor node {{ id {ROOM} }} }}", person)


async def seen(client, room, person):
    answer = await client.query("query($id: ID!) { room(id: $id) { name } }", {"id": room.gid}, as_=person)
    return answer.data["room"]


async def test_who_makes_a_room_owns_it(client, people):
    payload = await create(client, await people.person(), description="Crates", isPrivate=True)
    made = payload["edge"]["node"]
    del made["id"]
    assert made == {
        "name": "Vinyl",
        "description": "Crates",
        "isPrivate": True,
        "slowModeSeconds": 0,
        "memberCount": 1,
        "viewerCanEdit": True,
        "viewerMembership": {"role": "OWNER"},
    }


async def test_twenty_retries_of_a_create_make_one_room(client, people, admin):
    ann, key = await people.person(), uuid4()
    payloads = await asyncio.gather(*(create(client, ann, key=key) for _ in range(20)))
    assert len({payload["edge"]["node"]["id"] for payload in payloads}) == 1
    assert await admin.fetchval("select count(*) from chat_rooms where not is_default_room") == 1


async def test_a_create_with_the_key_of_another_is_refused(client, people, admin):
    ann, key = await people.person(), uuid4()
    await create(client, ann, key=key)
    payload = await create(client, ann, key=key, name="Tapes")
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        ("CLIENT_KEY_REUSED", ["clientKey"])
    ]
    assert await admin.fetchval("select count(*) from chat_rooms where not is_default_room") == 1


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"name": ""}, "TOO_SHORT", "name"),
        ({"name": "   "}, "TOO_SHORT", "name"),
        ({"name": "x" * 81}, "TOO_LONG", "name"),
        ({"name": "a\nb"}, "INVALID", "name"),
        ({"name": "a\0"}, "INVALID", "name"),
        ({"name": "\ud800"}, "INVALID", "name"),
        ({"description": "x" * 501}, "TOO_LONG", "description"),
    ],
)
@pytest.mark.parametrize("name", ["createRoom", "updateRoom"])
async def test_bad_names_are_refused_with_their_field(client, people, rooms, admin, name, given, code, field):
    ann = await people.person()
    room = await rooms.room(ann, name="As it was")
    target = {"createRoom": {"name": "Good", "clientKey": str(uuid4())}, "updateRoom": {"roomId": room.gid}}
    wanted = {"createRoom": "edge { cursor }", "updateRoom": "room { id }"}
    payload = await change(client, name, {**target[name], **given}, wanted[name], ann)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, [field])]
    names = await admin.fetch("select name from chat_rooms where not is_default_room")
    assert [row["name"] for row in names] == ["As it was"]


async def test_only_what_is_given_changes(client, people, rooms):
    ann = await people.person()
    room = await rooms.room(ann, name="Vinyl")
    for given, wanted in (
        ({"slowModeSeconds": 30}, ("Vinyl", None, 30)),
        ({"name": "Tapes", "description": "Hiss"}, ("Tapes", "Hiss", 30)),
        ({"description": None, "slowModeSeconds": 0}, ("Tapes", None, 0)),
    ):
        payload = await change(client, "updateRoom", {"roomId": room.gid, **given}, f"room {{ {ROOM} }}", ann)
        now = payload["room"]
        assert (now["name"], now["description"], now["slowModeSeconds"]) == wanted


async def test_changing_nothing_is_no_event(client, people, rooms, admin):
    ann = await people.person()
    room = await rooms.room(ann, name="Vinyl")
    await change(client, "updateRoom", {"roomId": room.gid, "name": "Vinyl"}, "room { id }", ann)
    assert await admin.fetchval("select count(*) from events") == 0


async def test_slow_mode_has_its_limits(client, people, rooms):
    ann = await people.person()
    room = await rooms.room(ann)
    for seconds in (-1, 21_601):
        given = {"roomId": room.gid, "slowModeSeconds": seconds}
        payload = await change(client, "updateRoom", given, "room { id }", ann)
        error = payload["userErrors"][0]
        assert (error["code"], error["min"], error["max"]) == ("OUT_OF_RANGE", 0, 21_600)


async def test_moderators_change_a_room_and_members_do_not(client, people, rooms):
    ann, mod, ben = [await people.person() for _ in range(3)]
    room = await rooms.room(ann, ben)
    await rooms.member(room, mod, "moderator")
    given = {"roomId": room.gid, "name": "Renamed"}
    assert (await mutate(client, "updateRoom", given, "room { name }", ben)).codes == ["FORBIDDEN"]
    assert codes(await change(client, "updateRoom", given, "room { name }", mod)) == []


async def test_the_default_room_is_never_private_nor_deleted_nor_left(client, people, rooms, admin):
    ann = await people.person()
    room = await rooms.default()
    await rooms.member(room, ann, "owner")
    private = await change(client, "updateRoom", {"roomId": room.gid, "isPrivate": True}, "room { id }", ann)
    left = await change(client, "leaveRoom", {"roomId": room.gid}, "leftRoomId", ann)
    deleted = await mutate(client, "deleteRoom", {"roomId": room.gid}, "deletedRoomId", ann)
    assert (codes(private), codes(left), deleted.codes) == (
        ["NOT_ALLOWED_NOW"],
        ["NOT_ALLOWED_NOW"],
        ["FORBIDDEN"],
    )
    assert (
        await admin.fetchval("select count(*) from chat_rooms where is_default_room and not is_private") == 1
    )


async def test_only_an_owner_deletes_a_room_with_all_that_was_said(client, people, rooms, admin):
    ann, mod = await people.person(), await people.person()
    room = await rooms.room(ann)
    await rooms.member(room, mod, "moderator")
    await say(client, room, ann)
    given = {"roomId": room.gid}
    assert (await mutate(client, "deleteRoom", given, "deletedRoomId", mod)).codes == ["FORBIDDEN"]
    payload = await change(client, "deleteRoom", given, "deletedRoomId", ann)
    assert payload["deletedRoomId"] == room.gid
    assert await admin.fetchval("select count(*) from chat_messages") == 0
    assert await seen(client, room, ann) is None


async def test_joining_a_public_room_twice_is_being_in_it_once(client, people, rooms, admin):
    ann, ben = await people.person(), await people.person()
    room = await rooms.room(ann)
    await rooms.message(room, ann)
    for _ in range(2):
        wanted = "edge { node { memberCount viewerUnreadCount viewerMembership { role } } }"
        payload = await change(client, "joinRoom", {"roomId": room.gid}, wanted, ben)
        assert payload["edge"]["node"] == {
            "memberCount": 2,
            "viewerUnreadCount": 0,
            "viewerMembership": {"role": "MEMBER"},
        }
    assert await admin.fetchval("select count(*) from events") == 1


async def test_nobody_joins_a_private_room_by_itself_nor_one_they_were_sent_away_from(client, people, rooms):
    ann, eve = await people.person(), await people.person()
    private, public = await rooms.room(ann, is_private=True), await rooms.room(ann)
    await rooms.ban(public, eve)
    hidden = await change(client, "joinRoom", {"roomId": private.gid}, "edge { cursor }", eve)
    banned = await change(client, "joinRoom", {"roomId": public.gid}, "edge { cursor }", eve)
    assert (codes(hidden), codes(banned)) == (["NOT_FOUND"], ["BANNED"])
    assert await seen(client, public, eve) is None


async def test_the_last_owner_names_another_before_leaving(client, people, rooms, admin):
    ann, ben, eve = [await people.person() for _ in range(3)]
    room = await rooms.room(ann, ben)
    wanted = "leftRoomId room { memberCount }"
    alone = await change(client, "leaveRoom", {"roomId": room.gid}, wanted, ann)
    stranger = {"roomId": room.gid, "newOwnerId": global_id("User", eve.id)}
    outside = await change(client, "leaveRoom", stranger, wanted, ann)
    assert (codes(alone), codes(outside)) == (["NOT_ALLOWED_NOW"], ["NOT_FOUND"])
    heir = {"roomId": room.gid, "newOwnerId": global_id("User", ben.id)}
    payload = await change(client, "leaveRoom", heir, wanted, ann)
    assert payload["room"] == {"memberCount": 1}
    assert await admin.fetchval("select role::text from room_members where room_id = $1", room.id) == "owner"


async def test_a_member_cannot_make_somebody_owner_by_leaving(client, people, rooms, admin):
    ann, ben, cat = [await people.person() for _ in range(3)]
    room = await rooms.room(ann, ben, cat)
    given = {"roomId": room.gid, "newOwnerId": global_id("User", cat.id)}
    await change(client, "leaveRoom", given, "leftRoomId", ben)
    owners = await admin.fetch("select user_id from room_members where role = 'owner'")
    assert [row["user_id"] for row in owners] == [ann.id]
    kinds = await admin.fetch("select payload->>'change' as change from events")
    assert [row["change"] for row in kinds] == ["left"]


async def test_two_last_owners_cannot_both_leave_at_the_same_time(client, people, rooms, admin):
    ann, ben = await people.person(), await people.person()
    for _ in range(5):
        room = await rooms.room(ann)
        await rooms.member(room, ben, "owner")
        payloads = await asyncio.gather(
            *(
                change(client, "leaveRoom", {"roomId": room.gid}, "leftRoomId", person)
                for person in (ann, ben)
            )
        )
        assert sorted(len(codes(payload)) for payload in payloads) == [0, 1]


async def test_who_leaves_a_private_room_sees_it_no_more(client, people, rooms):
    ann, ben = await people.person(), await people.person()
    room = await rooms.room(ann, ben, is_private=True)
    payload = await change(client, "leaveRoom", {"roomId": room.gid}, "leftRoomId room { name }", ben)
    assert (payload["leftRoomId"], payload["room"]) == (room.gid, None)
    again = await change(client, "leaveRoom", {"roomId": room.gid}, "leftRoomId", ben)
    assert codes(again) == ["NOT_FOUND"]


async def test_leaving_a_room_one_is_not_in_is_said(client, people, rooms):
    ann, eve = await people.person(), await people.person()
    room = await rooms.room(ann)
    assert codes(await change(client, "leaveRoom", {"roomId": room.gid}, "leftRoomId", eve)) == [
        "NOT_A_MEMBER"
    ]


@pytest.mark.parametrize("name", ["updateRoom", "deleteRoom", "joinRoom", "leaveRoom"])
async def test_a_room_that_is_not_there_of_another_type_or_hidden_is_the_same(client, people, rooms, name):
    ann, eve = await people.person(), await people.person()
    hidden = await rooms.room(ann, is_private=True)
    wanted = {"updateRoom": "room { id }", "deleteRoom": "deletedRoomId", "joinRoom": "edge { cursor }"}
    answers = [
        await change(client, name, {"roomId": room_id}, wanted.get(name, "leftRoomId"), eve)
        for room_id in (hidden.gid, global_id("Room", uuid4()), global_id("User", eve.id))
    ]
    assert [codes(answer) for answer in answers] == [["NOT_FOUND"]] * 3
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("bad", ["", "x", "Um9vbTp4", "!!!", "\0", "ü", "Um9vbTo" * 100])
async def test_a_malformed_id_is_bad_input(client, people, bad):
    ann = await people.person()
    answer = await mutate(client, "joinRoom", {"roomId": bad}, "edge { cursor }", ann)
    assert answer.codes == ["BAD_USER_INPUT"]
    answer = await client.query("query($id: ID!) { room(id: $id) { id } }", {"id": bad}, as_=ann)
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_rooms_are_listed_by_latest_message_by_name_and_by_age(client, people, rooms):
    ann = await people.person()
    for name in ("beta", "Alpha", "gamma"):
        place = await rooms.room(ann, name=name)
        if name == "beta":
            talking = place
    await rooms.message(talking, ann)
    orders = {}
    for order in ("LATEST_MESSAGE", "NAME", "NEWEST"):
        answer = await client.query(f"{{ rooms(orderBy: {order}) {{ nodes {{ name }} }} }}", as_=ann)
        orders[order] = [room["name"] for room in answer.data["rooms"]["nodes"]]
    assert orders["LATEST_MESSAGE"][0] == "beta"
    assert orders["NAME"] == ["Alpha", "beta", "gamma", "General Music Chat"]
    assert orders["NEWEST"] == ["gamma", "Alpha", "beta", "General Music Chat"]


async def test_a_search_finds_words_and_their_beginnings_in_visible_rooms(client, people, rooms):
    ann, eve = await people.person(), await people.person()
    await rooms.room(ann, name="Shoegaze nights")
    await rooms.room(ann, name="Shoegaze, secretly", is_private=True)
    await rooms.room(ann, name="Jazz")
    document = "query($q: String) { rooms(filter: { query: $q }) { nodes { name } totalCount } }"
    found = {}
    for person in (ann, eve):
        answer = await client.query(document, {"q": "NIGHTS shoe"}, as_=person)
        assert answer.data["rooms"] == {"nodes": [{"name": "Shoegaze nights"}], "totalCount": 1}
        answer = await client.query(document, {"q": "shoegaze"}, as_=person)
        found[person] = answer.data["rooms"]["totalCount"]
    assert found == {ann: 2, eve: 1}
    for odd in ("'", "&|!", ":*", "\\", "a'b:*", "\0", "%"):
        assert (await client.query(document, {"q": odd}, as_=eve)).errors == []


async def test_mine_and_others_are_told_apart(client, people, rooms):
    ann, ben = await people.person(), await people.person()
    await rooms.room(ann, name="Hers")
    await rooms.room(ben, name="His")
    document = "query($j: Boolean) { rooms(filter: { isJoined: $j }, orderBy: NAME) { nodes { name } } }"
    mine = await client.query(document, {"j": True}, as_=ann)
    others = await client.query(document, {"j": False}, as_=ann)
    assert [room["name"] for room in mine.data["rooms"]["nodes"]] == ["General Music Chat", "Hers"]
    assert [room["name"] for room in others.data["rooms"]["nodes"]] == ["His"]


async def test_members_are_listed_owners_first_then_by_name_by_role_and_by_beginning(client, people, rooms):
    zoe = await people.person("zoe")
    ann, abe, ben = [await people.person(name) for name in ("ann", "abe", "ben")]
    room = await rooms.room(zoe, ben, ann)
    await rooms.member(room, abe, "moderator")
    document = """query($id: ID!, $role: RoomRole, $q: String, $after: String) { room(id: $id) {
      members(first: 2, after: $after, role: $role, query: $q) {
        nodes { user { username } } totalCount pageInfo { hasNextPage endCursor } } } }"""

    async def names(**given):
        answer = await client.query(document, {"id": room.gid, **given}, as_=ann)
        page = answer.data["room"]["members"]
        return [node["user"]["username"] for node in page["nodes"]], page["totalCount"], page["pageInfo"]

    first, total, info = await names()
    second, _, end = await names(after=info["endCursor"])
    assert (first, second, total, info["hasNextPage"], end["hasNextPage"]) == (
        ["zoe", "abe"],
        ["ann", "ben"],
        4,
        True,
        False,
    )
    assert (await names(role="MODERATOR"))[:2] == (["abe"], 1)
    assert (await names(q="A"))[:2] == (["abe", "ann"], 2)


async def test_nobody_sees_nothing(client, rooms):
    room = await rooms.default()
    for document in (
        "{ rooms { nodes { id } } }",
        "{ defaultRoom { id } }",
        f'{{ room(id: "{room.gid}") {{ id }} }}',
    ):
        assert (await client.query(document)).codes == ["UNAUTHENTICATED"]
    node = await client.query(f'{{ node(id: "{room.gid}") {{ id }} }}')
    assert (node.data, node.errors) == ({"node": None}, [])
