"""Saying, mending, taking back, reacting."""

import asyncio
from uuid import uuid4

import pytest

from kit.ids import global_id
from tests.schema.rooms.asking import change, codes, mutate, say, send


async def words(admin):
    return [row["content"] for row in await admin.fetch("select content from chat_messages order by id")]


async def test_a_message_is_in_the_room_with_its_author_and_its_key(client, trio):
    room, ann, _, _ = trio
    key = uuid4()
    message = await say(client, room, ann, "Hello, was läuft? 🎧", key=key)
    assert message["content"] == "Hello, was läuft? 🎧"
    assert message["author"] == {"username": "ann"}
    assert message["clientKey"] == str(key)
    page = await client.query(
        "query($id: ID!) { room(id: $id) { messages(last: 5) { nodes { id } totalCount } } }",
        {"id": room.gid},
        as_=ann,
    )
    assert page.data["room"]["messages"] == {"nodes": [{"id": message["id"]}], "totalCount": 1}


async def test_a_retry_with_the_same_key_is_one_message(client, trio, admin):
    room, ann, _, _ = trio
    key = uuid4()
    first = await say(client, room, ann, "once", key=key)
    again = await say(client, room, ann, "once", key=key)
    assert again == first
    assert await words(admin) == ["once"]
    assert await admin.fetchval("select count(*) from events") == 1


async def test_thirty_retries_at_the_same_time_are_one_message(client, trio, admin):
    room, ann, _, _ = trio
    key = uuid4()
    sent = await asyncio.gather(*(say(client, room, ann, "once", key=key) for _ in range(30)))
    assert len({message["id"] for message in sent}) == 1
    assert await words(admin) == ["once"]
    assert await admin.fetchval("select count(*) from events") == 1


@pytest.mark.parametrize("other", ["other words", "other room", "other reply"])
async def test_a_key_used_for_something_else_is_refused(client, trio, rooms, admin, other):
    room, ann, _, _ = trio
    key = uuid4()
    first = await say(client, room, ann, "once", key=key)
    place = await rooms.room(ann) if other == "other room" else room
    more = {"replyToId": first["id"]} if other == "other reply" else {}
    said = "twice" if other == "other words" else "once"
    payload = await send(client, place, ann, said, key=key, **more)
    assert codes(payload) == ["CLIENT_KEY_REUSED"]
    assert await words(admin) == ["once"]


async def test_a_key_is_ones_own(client, trio, admin):
    room, ann, ben, _ = trio
    key = uuid4()
    await say(client, room, ann, "mine", key=key)
    await say(client, room, ben, "yours", key=key)
    assert await words(admin) == ["mine", "yours"]


async def test_the_sixth_message_in_five_seconds_is_refused_and_says_when(client, trio, admin):
    room, ann, ben, _ = trio
    payloads = [await send(client, room, ann, str(number)) for number in range(6)]
    assert [codes(payload) for payload in payloads] == [[], [], [], [], [], ["LIMIT_REACHED"]]
    assert payloads[5]["userErrors"][0]["retryAt"] is not None
    assert await words(admin) == ["0", "1", "2", "3", "4"]
    await say(client, room, ben, "another person's limit is their own")


async def test_a_retry_of_what_was_sent_costs_no_turn(client, trio):
    room, ann, _, _ = trio
    key = uuid4()
    for _ in range(10):
        await say(client, room, ann, "once", key=key)
    assert codes(await send(client, room, ann, "twice")) == []


async def test_the_limit_is_exact_for_thirty_senders_of_one_person(client, trio, admin):
    room, ann, _, _ = trio
    payloads = await asyncio.gather(*(send(client, room, ann, str(number)) for number in range(30)))
    sent = [payload for payload in payloads if not codes(payload)]
    # A turn comes back each second, and thirty sends may take longer than one.
    refill = len(sent) - 5
    assert 0 <= refill <= 5
    assert await admin.fetchval("select count(*) from chat_messages") == len(sent)


async def test_a_reply_names_what_it_answers_and_is_counted(client, trio):
    room, ann, ben, _ = trio
    question = await say(client, room, ann, "Best B-side?")
    answer = await say(client, room, ben, "The one nobody plays.", replyToId=question["id"])
    assert answer["replyTo"] == {"id": question["id"], "content": "Best B-side?"}
    page = await client.query(
        "query($id: ID!) { node(id: $id) { ... on Message { replyCount } } }", {"id": question["id"]}, as_=ann
    )
    assert page.data["node"]["replyCount"] == 1


async def test_a_reply_to_another_rooms_message_is_refused_as_if_it_were_not_there(
    client, trio, rooms, admin
):
    room, ann, _, _ = trio
    elsewhere = await rooms.message(await rooms.room(ann), ann)
    for reply_to in (
        global_id("Message", elsewhere),
        global_id("Message", 10**15),
        global_id("User", ann.id),
    ):
        payload = await send(client, room, ann, "hm", replyToId=reply_to)
        assert [(e["code"], e["field"]) for e in payload["userErrors"]] == [("NOT_FOUND", ["replyToId"])]
    assert await admin.fetchval("select count(*) from chat_messages where room_id = $1", room.id) == 0


async def test_who_is_not_in_a_public_room_joins_first(client, trio, admin):
    room, _, _, eve = trio
    assert codes(await send(client, room, eve)) == ["NOT_A_MEMBER"]
    assert await words(admin) == []


async def test_a_private_room_of_others_is_not_there(client, people, rooms, admin):
    ann, eve = await people.person(), await people.person()
    room = await rooms.room(ann, is_private=True)
    assert codes(await send(client, room, eve)) == ["NOT_FOUND"]
    assert await words(admin) == []


async def test_everybody_may_speak_in_the_default_room_without_joining(client, people, rooms):
    await say(client, await rooms.default(), await people.person())


async def test_a_banned_person_is_told_so_and_says_nothing(client, trio, rooms, admin):
    room, _, ben, _ = trio
    await rooms.ban(room, ben)
    assert codes(await send(client, room, ben)) == ["BANNED"]
    assert await words(admin) == []


async def test_a_muted_person_is_told_until_when(client, trio, admin):
    room, _, ben, _ = trio
    await admin.execute(
        "update room_members set muted_until = now() + interval '1 hour' where user_id = $1", ben.id
    )
    payload = await send(client, room, ben)
    assert codes(payload) == ["MUTED"]
    assert payload["userErrors"][0]["retryAt"] is not None
    assert await words(admin) == []


async def test_slow_mode_holds_for_members_and_not_for_who_keeps_order(client, people, rooms, admin):
    ann, ben = await people.person(), await people.person()
    room = await rooms.room(ann, ben, slow=60)
    payloads = await asyncio.gather(*(send(client, room, ben, str(number)) for number in range(4)))
    assert sorted(code for payload in payloads for code in codes(payload)) == ["SLOW_MODE"] * 3
    page = await client.query(
        "query($id: ID!) { room(id: $id) { viewerCanPost viewerCanPostAt } }", {"id": room.gid}, as_=ben
    )
    assert page.data["room"]["viewerCanPost"] is False
    assert page.data["room"]["viewerCanPostAt"] is not None
    assert [codes(await send(client, room, ann, str(number))) for number in range(2)] == [[], []]


async def test_editing_changes_the_words_and_says_so(client, trio):
    room, ann, _, _ = trio
    message = await say(client, room, ann, "Helo")
    given = {"messageId": message["id"], "content": "Hello"}
    payload = await change(client, "editMessage", given, "message { content editedAt }", ann)
    assert payload["message"]["content"] == "Hello"
    assert payload["message"]["editedAt"] is not None


async def test_deleting_leaves_a_tombstone_without_words_anywhere(client, trio, admin):
    room, ann, _, _ = trio
    message = await say(client, room, ann, "a secret")
    for _ in range(2):
        payload = await change(
            client,
            "deleteMessage",
            {"messageId": message["id"]},
            "message { content deletedAt viewerCanEdit deletedByModerator }",
            ann,
        )
        tombstone = payload["message"]
        assert tombstone["content"] is None
        assert tombstone["deletedAt"] is not None
        assert tombstone["viewerCanEdit"] is False
        assert tombstone["deletedByModerator"] is False
    assert await words(admin) == [None]
    kinds = [row["payload"] for row in await admin.fetch("select payload::text from events order by seq")]
    assert len(kinds) == 2
    assert "a secret" not in "".join(kinds)


@pytest.mark.parametrize("name", ["editMessage", "deleteMessage"])
async def test_others_messages_are_not_ones_own_to_change(client, trio, admin, name):
    room, ann, ben, _ = trio
    message = await say(client, room, ann, "mine")
    given = {"messageId": message["id"]} | ({"content": "yours"} if name == "editMessage" else {})
    answer = await mutate(client, name, given, "message { id }", ben)
    assert answer.codes == ["FORBIDDEN"]
    assert await words(admin) == ["mine"]


@pytest.mark.parametrize("name", ["editMessage", "deleteMessage", "react", "unreact"])
async def test_a_message_one_may_not_see_is_not_there(client, people, rooms, admin, name):
    ann, eve = await people.person(), await people.person()
    hidden = await rooms.message(await rooms.room(ann, is_private=True), ann, "hidden")
    more = {"editMessage": {"content": "x"}, "deleteMessage": {}}.get(name, {"emoji": "🎉"})
    for message in (hidden, 10**15):
        given = {"messageId": global_id("Message", message), **more}
        payload = await change(client, name, given, "message { id }", eve)
        assert payload["message"] is None
        assert codes(payload) == ["NOT_FOUND"]
    assert await words(admin) == ["hidden"]


async def test_a_deleted_message_cannot_be_edited_or_reacted_to(client, trio):
    room, ann, _, _ = trio
    message = await say(client, room, ann)
    await change(client, "deleteMessage", {"messageId": message["id"]}, "message { id }", ann)
    edited = await change(
        client, "editMessage", {"messageId": message["id"], "content": "x"}, "message { id }", ann
    )
    reacted = await change(
        client, "react", {"messageId": message["id"], "emoji": "🎉"}, "message { id }", ann
    )
    assert (codes(edited), codes(reacted)) == (["NOT_ALLOWED_NOW"], ["NOT_ALLOWED_NOW"])


async def test_a_muted_person_neither_edits_nor_reacts(client, trio, admin):
    room, _, ben, _ = trio
    message = await say(client, room, ben)
    await admin.execute("update room_members set muted_until = now() + interval '1 hour'")
    edited = await change(
        client, "editMessage", {"messageId": message["id"], "content": "x"}, "message { id }", ben
    )
    reacted = await change(
        client, "react", {"messageId": message["id"], "emoji": "🎉"}, "message { id }", ben
    )
    assert (codes(edited), codes(reacted)) == (["MUTED"], ["MUTED"])


async def test_reactions_are_counted_by_emoji_first_used_first(client, trio):
    room, ann, ben, _ = trio
    message = await say(client, room, ann)
    for person, emoji in ((ann, "🎉"), (ben, "🔥"), (ben, "🎉"), (ben, "🎉")):
        given = {"messageId": message["id"], "emoji": emoji}
        payload = await change(
            client, "react", given, "message { reactions { emoji count viewerHasReacted } }", person
        )
    assert payload["message"]["reactions"] == [
        {"emoji": "🎉", "count": 2, "viewerHasReacted": True},
        {"emoji": "🔥", "count": 1, "viewerHasReacted": True},
    ]
    given = {"messageId": message["id"], "emoji": "🎉"}
    payload = await change(client, "unreact", given, "message { reactions { emoji count } }", ben)
    assert payload["message"]["reactions"] == [{"emoji": "🎉", "count": 1}, {"emoji": "🔥", "count": 1}]


async def test_the_same_reaction_again_and_taking_none_back_are_no_events(client, trio, admin):
    room, ann, ben, _ = trio
    message = await say(client, room, ann)
    for name, emoji in (("react", "🎉"), ("react", "🎉"), ("unreact", "🔥")):
        await change(client, name, {"messageId": message["id"], "emoji": emoji}, "message { id }", ben)
    assert await admin.fetchval("select count(*) from events") == 2


async def test_a_message_has_at_most_twenty_different_reactions_whoever_races(client, people, rooms, admin):
    ann = await people.person()
    room = await rooms.room(ann)
    message = global_id("Message", await rooms.message(room, ann))
    signs = [chr(0x1F600 + number) for number in range(30)]
    payloads = await asyncio.gather(
        *(
            change(client, "react", {"messageId": message, "emoji": sign}, "message { id }", ann)
            for sign in signs
        )
    )
    refused = [error for payload in payloads for error in payload["userErrors"]]
    assert [(error["code"], error["max"]) for error in refused] == [("LIMIT_REACHED", 20)] * 10
    assert await admin.fetchval("select count(distinct emoji) from message_reactions") == 20


@pytest.mark.parametrize("emoji", ["", "x", "🎉🎉", "1", "<b>", "🎉\0", "\ud800"])
async def test_what_is_not_one_emoji_is_no_reaction(client, trio, admin, emoji):
    room, ann, _, _ = trio
    message = await say(client, room, ann)
    payload = await change(
        client, "react", {"messageId": message["id"], "emoji": emoji}, "message { id }", ann
    )
    assert codes(payload) == ["INVALID"]
    assert await admin.fetchval("select count(*) from message_reactions") == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "TOO_SHORT"),
        (" \n\t ", "TOO_SHORT"),
        ("\u200b", "TOO_SHORT"),
        ("x" * 5001, "TOO_LONG"),
        ("a\0b", "INVALID"),
        ("a\ud800b", "INVALID"),
    ],
)
@pytest.mark.parametrize("name", ["sendMessage", "editMessage"])
async def test_bad_words_are_refused_with_their_field_and_nothing_is_stored(
    client, trio, admin, name, content, code
):
    room, ann, _, _ = trio
    message = await say(client, room, ann, "as it was")
    target = {
        "sendMessage": {"roomId": room.gid, "clientKey": str(uuid4())},
        "editMessage": {"messageId": message["id"]},
    }
    wanted = {"sendMessage": "edge { cursor }", "editMessage": "message { id }"}
    payload = await change(client, name, {**target[name], "content": content}, wanted[name], ann)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, ["content"])]
    assert await words(admin) == ["as it was"]


async def test_five_thousand_characters_are_a_message(client, trio):
    room, ann, _, _ = trio
    assert len((await say(client, room, ann, "🎵" * 5000))["content"]) == 5000


async def test_sending_is_one_message_and_its_author_two_more(client, trio, statements):
    room, ann, _, _ = trio
    costs = {}
    for wanted in ("id content createdAt", "id content createdAt author { id displayName }"):
        statements.clear()
        given = {"roomId": room.gid, "content": "Hello", "clientKey": str(uuid4())}
        await change(client, "sendMessage", given, f"edge {{ node {{ {wanted} }} }}", ann)
        costs[wanted.count("{")] = statements.count
    assert costs == {0: 1, 1: 3}


async def test_a_second_send_of_one_operation_reads_what_the_first_has_changed(client, trio):
    room, _, ben, _ = trio
    document = """mutation($a: SendMessageInput!, $b: SendMessageInput!) {
      a: sendMessage(input: $a) { room { latestMessage { content } } }
      b: sendMessage(input: $b) { room { latestMessage { content } } } }"""
    given = {name: {"roomId": room.gid, "content": name, "clientKey": str(uuid4())} for name in ("a", "b")}
    answer = await client.query(document, given, as_=ben)
    assert [answer.data[name]["room"]["latestMessage"]["content"] for name in ("a", "b")] == ["a", "b"]
