"""Read markers and what is unread."""

from kit.ids import global_id
from tests.schema.rooms.asking import change, codes, say


async def test_unread_counts_others_messages_behind_the_marker(client, trio):
    room, ann, ben, _ = trio
    for number in range(3):
        last = await say(client, room, ann, str(number))
    page = "query($id: ID!) { room(id: $id) { viewerUnreadCount } viewer { unreadRoomCount } }"
    before = await client.query(page, {"id": room.gid}, as_=ben)
    assert before.data == {"room": {"viewerUnreadCount": 3}, "viewer": {"unreadRoomCount": 1}}
    own = await client.query(page, {"id": room.gid}, as_=ann)
    assert own.data == {"room": {"viewerUnreadCount": 0}, "viewer": {"unreadRoomCount": 0}}
    payload = await change(
        client,
        "markRead",
        {"roomId": room.gid, "messageId": last["id"]},
        "room { viewerUnreadCount viewerLastReadMessage { id } } viewer { unreadRoomCount }",
        ben,
    )
    assert payload["room"] == {"viewerUnreadCount": 0, "viewerLastReadMessage": {"id": last["id"]}}
    assert payload["viewer"] == {"unreadRoomCount": 0}


async def test_the_read_marker_only_moves_forward(client, trio):
    room, ann, ben, _ = trio
    first, last = await say(client, room, ann, "1"), await say(client, room, ann, "2")
    for message in (last, first):
        payload = await change(
            client,
            "markRead",
            {"roomId": room.gid, "messageId": message["id"]},
            "room { viewerLastReadMessage { id } }",
            ben,
        )
        assert payload["room"]["viewerLastReadMessage"] == {"id": last["id"]}


async def test_a_marker_needs_a_message_of_that_room_and_a_member(client, trio, rooms):
    room, ann, _, eve = trio
    here = await say(client, room, ann)
    other = global_id("Message", await rooms.message(await rooms.room(ann), ann))
    elsewhere = await change(client, "markRead", {"roomId": room.gid, "messageId": other}, "room { id }", ann)
    outside = await change(
        client, "markRead", {"roomId": room.gid, "messageId": here["id"]}, "room { id }", eve
    )
    assert (codes(elsewhere), codes(outside)) == (["NOT_FOUND"], ["NOT_A_MEMBER"])


async def test_unread_is_told_to_a_hundred(client, trio, admin):
    room, ann, ben, _ = trio
    await admin.execute(
        "insert into chat_messages (room_id, user_id, content, client_key, input_hash)"
        " select $1, $2, 'x', gen_random_uuid(), '' from generate_series(1, 150)",
        room.id,
        ann.id,
    )
    page = await client.query(
        "query($id: ID!) { room(id: $id) { viewerUnreadCount } }", {"id": room.gid}, as_=ben
    )
    assert page.data["room"]["viewerUnreadCount"] == 100


async def test_what_the_default_room_said_before_one_came_is_not_unread(client, people, rooms, admin):
    ann = await people.person()
    room = await rooms.default()
    last = await rooms.message(room, ann, "before")
    ben = await people.person()
    await admin.execute("update accounts set default_room_seen_id = $1 where user_id = $2", last, ben.id)
    await rooms.message(room, ann, "after")
    page = await client.query("{ defaultRoom { viewerUnreadCount } }", as_=ben)
    assert page.data["defaultRoom"]["viewerUnreadCount"] == 1


async def test_who_reads_in_the_default_room_for_the_first_time_has_a_marker_there(client, people, rooms):
    ann, ben = await people.person(), await people.person()
    room = await rooms.default()
    first, last = [await say(client, room, ann, text) for text in ("1", "2")]
    for message in (first, last, first):
        payload = await change(
            client,
            "markRead",
            {"roomId": room.gid, "messageId": message["id"]},
            "room { viewerUnreadCount viewerLastReadMessage { id } }",
            ben,
        )
    assert payload["room"] == {"viewerUnreadCount": 0, "viewerLastReadMessage": {"id": last["id"]}}


async def test_moving_the_marker_is_one_message(client, trio, statements):
    room, ann, ben, _ = trio
    message = await say(client, room, ann)
    statements.clear()
    given = {"roomId": room.gid, "messageId": message["id"]}
    assert codes(await change(client, "markRead", given, "viewer { __typename }", ben)) == []
    assert statements.count == 1 + 2
    statements.clear()
    assert codes(await change(client, "markRead", given, "__typename", ben)) == []
    assert statements.count == 1
