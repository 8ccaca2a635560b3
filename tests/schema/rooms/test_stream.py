"""A room, live."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from kit.pages import encode
from tests.schema.rooms.asking import STREAM, change, say

PATIENCE = 30


class Listener:
    """Collects what a stream tells."""

    def __init__(self, answers):
        self._answers = answers

    async def next(self):
        answer = await asyncio.wait_for(anext(self._answers), PATIENCE)
        assert answer.errors == []
        return answer.data["roomEvents"]

    async def many(self, count):
        return [await self.next() for _ in range(count)]

    async def refusal(self):
        return (await asyncio.wait_for(anext(self._answers), PATIENCE)).codes

    async def is_over(self):
        try:
            await asyncio.wait_for(anext(self._answers), PATIENCE)
        except StopAsyncIteration:
            return True
        return False


def listen(client, room, person, after=None):
    return client.subscribe(STREAM, {"id": room.gid, "after": after}, as_=person)


async def test_ready_comes_first_and_then_what_is_said(client, trio):
    room, ann, ben, _ = trio
    async with listen(client, room, ben) as answers:
        listener = Listener(answers)
        ready = await listener.next()
        assert (ready["__typename"], ready["isReplaying"]) == ("StreamReady", False)
        key = uuid4()
        message = await say(client, room, ann, "now", key=key)
        added = await listener.next()
    assert added["__typename"] == "MessageAdded"
    assert added["messageEdge"] == {
        "cursor": message["cursor"],
        "node": {"id": message["id"], "content": "now"},
    }
    assert added["originKey"] == str(key)


async def test_a_page_and_a_stream_behind_its_cursor_leave_no_hole(client, trio):
    room, ann, ben, _ = trio
    await say(client, room, ann, "before")
    page = await client.query(
        "query($id: ID!) { room(id: $id) { eventCursor messages(last: 9) { nodes { content } } } }",
        {"id": room.gid},
        as_=ben,
    )
    await say(client, room, ann, "between")
    async with listen(client, room, ben, page.data["room"]["eventCursor"]) as answers:
        listener = Listener(answers)
        ready, between = await listener.many(2)
        await say(client, room, ann, "after")
        after = await listener.next()
    assert [node["content"] for node in page.data["room"]["messages"]["nodes"]] == ["before"]
    assert ready["isReplaying"] is True
    assert [event["messageEdge"]["node"]["content"] for event in (between, after)] == ["between", "after"]


async def test_the_cursor_is_read_before_everything_else_of_its_operation(client, trio, statements, admin):
    """A message that is committed in the middle of the page is seen by the stream, if not by the page too."""
    room, ann, ben, _ = trio
    sent = []
    observe = client.services.database.observe

    def interrupt(sql):
        observe(sql)
        if "chat_rooms" in sql and not sent:
            sent.append(asyncio.ensure_future(say(client, room, ann, "in the middle")))

    client.services.database.observe = interrupt
    document = """query($id: ID!) {
      a: room(id: $id) { messages(last: 9) { nodes { content } } } room(id: $id) { eventCursor } }"""
    page = await client.query(document, {"id": room.gid}, as_=ben)
    await sent[0]
    async with listen(client, room, ben, page.data["room"]["eventCursor"]) as answers:
        _, event = await Listener(answers).many(2)
    assert event["messageEdge"]["node"]["content"] == "in the middle"


async def test_every_change_of_a_message_is_told_with_the_message_as_it_is(client, trio):
    room, ann, ben, _ = trio
    async with listen(client, room, ben) as answers:
        listener = Listener(answers)
        await listener.next()
        message = await say(client, room, ann, "Helo")
        await say(client, room, ben, "Hi", replyToId=message["id"])
        target = {"messageId": message["id"]}
        await change(client, "editMessage", {**target, "content": "Hello"}, "message { id }", ann)
        await change(client, "react", {**target, "emoji": "🎉"}, "message { id }", ben)
        await change(client, "unreact", {**target, "emoji": "🎉"}, "message { id }", ben)
        await change(client, "deleteMessage", target, "message { id }", ann)
        events = await listener.many(7)
    assert [event["__typename"] for event in events] == ["MessageAdded", "MessageAdded"] + [
        "MessageChanged"
    ] * 5
    assert [event["messageChange"] for event in events[2:]] == [
        "REPLIES",
        "EDITED",
        "REACTIONS",
        "REACTIONS",
        "DELETED",
    ]
    assert events[2]["message"]["replyCount"] == 1
    assert events[6]["message"]["content"] is None


async def test_a_message_added_and_since_deleted_arrives_as_its_tombstone(client, trio):
    room, ann, ben, _ = trio
    message = await say(client, room, ann, "regretted")
    await change(client, "deleteMessage", {"messageId": message["id"]}, "message { id }", ann)
    async with listen(client, room, ben, encode([f"room:{room.id}", 0])) as answers:
        _, added, deleted = await Listener(answers).many(3)
    assert added["messageEdge"]["node"] == {"id": message["id"], "content": None}
    assert deleted["messageChange"] == "DELETED"


async def test_rooms_and_members_are_told(client, trio):
    room, ann, ben, eve = trio
    async with listen(client, room, ben) as answers:
        listener = Listener(answers)
        await listener.next()
        await change(client, "updateRoom", {"roomId": room.gid, "name": "Renamed"}, "room { id }", ann)
        renamed = await listener.next()
        await change(client, "joinRoom", {"roomId": room.gid}, "edge { cursor }", eve)
        joined = await listener.next()
        await change(client, "leaveRoom", {"roomId": room.gid}, "leftRoomId", eve)
        left = await listener.next()
    assert renamed["room"] == {"name": "Renamed"}
    assert (joined["memberChange"], joined["user"]["username"]) == ("JOINED", "eve")
    assert joined["member"] == {"role": "MEMBER"}
    assert (left["memberChange"], left["member"], left["memberCount"]) == ("LEFT", None, 2)


async def test_a_new_name_passes_by_in_the_rooms_of_that_person_only_and_keeps_the_cursor(
    client, trio, rooms
):
    room, ann, ben, _ = trio
    other = await rooms.room(ben)
    async with listen(client, room, ben) as here, listen(client, other, ben) as there:
        near, far = Listener(here), Listener(there)
        ready = await near.next()
        await far.next()
        await change(client, "updateProfile", {"displayName": "Annie"}, "user { id }", ann)
        changed = await near.next()
        await say(client, other, ben, "nothing came before this")
        next_there = await far.next()
    assert (changed["memberChange"], changed["user"]["displayName"]) == ("PROFILE", "Annie")
    assert changed["cursor"] == ready["cursor"]
    assert next_there["__typename"] == "MessageAdded"


async def test_two_streams_in_one_process_see_the_same_order(client, trio):
    room, ann, ben, _ = trio
    async with listen(client, room, ann) as first, listen(client, room, ben) as second:
        listeners = [Listener(first), Listener(second)]
        for listener in listeners:
            await listener.next()
        await asyncio.gather(*(say(client, room, person, str(n)) for n in range(5) for person in (ann, ben)))
        seen = [await listener.many(10) for listener in listeners]
    assert seen[0] == seen[1]


async def test_a_room_that_is_deleted_ends_its_streams(client, trio):
    room, ann, ben, _ = trio
    async with listen(client, room, ben) as answers:
        listener = Listener(answers)
        await listener.next()
        await change(client, "deleteRoom", {"roomId": room.gid}, "deletedRoomId", ann)
        ended = await listener.next()
        assert (ended["__typename"], ended["reason"]) == ("StreamEnded", "DELETED")
        assert await listener.is_over()


async def test_who_leaves_a_private_room_hears_nothing_more_of_it(client, people, rooms):
    ann, ben = await people.person(), await people.person()
    room = await rooms.room(ann, ben, is_private=True)
    async with listen(client, room, ben) as answers:
        listener = Listener(answers)
        await listener.next()
        await change(client, "leaveRoom", {"roomId": room.gid}, "leftRoomId", ben)
        await say(client, room, ann, "between us")
        ended = await listener.next()
        assert (ended["__typename"], ended["reason"]) == ("StreamEnded", "ACCESS_WITHDRAWN")
        assert await listener.is_over()


async def test_a_room_made_private_ends_the_streams_of_who_is_not_in_it(client, trio):
    room, ann, ben, eve = trio
    async with listen(client, room, eve) as outside, listen(client, room, ben) as inside:
        out, in_ = Listener(outside), Listener(inside)
        await out.next()
        await in_.next()
        await change(client, "updateRoom", {"roomId": room.gid, "isPrivate": True}, "room { id }", ann)
        assert (await out.next())["reason"] == "ACCESS_WITHDRAWN"
        assert (await in_.next())["__typename"] == "RoomChanged"


async def test_a_session_that_ends_ends_its_streams_with_the_next_event(client, people, rooms, services):
    ann = await people.person()
    room = await rooms.room(ann)
    ben = await people.signed_in()
    async with listen(client, room, ben) as answers:
        listener = Listener(answers)
        await listener.next()
        answer = await client.query("mutation { signOut(input: {}) { endedCount } }", as_=ben)
        assert answer.data == {"signOut": {"endedCount": 1}}
        await say(client, room, ann, "not for them")
        assert await listener.refusal() == ["UNAUTHENTICATED"]


async def test_a_stream_whose_past_is_gone_says_so_and_goes_on(client, trio, admin):
    room, ann, ben, _ = trio
    for number in range(3):
        await say(client, room, ann, str(number))
    await admin.execute("delete from events where seq <= 2")
    async with listen(client, room, ben, encode([f"room:{room.id}", 1])) as answers:
        listener = Listener(answers)
        ready, gap = await listener.many(2)
        await say(client, room, ann, "now")
        added = await listener.next()
    assert (ready["__typename"], gap["__typename"]) == ("StreamReady", "StreamGap")
    assert gap["cursor"] == encode([f"room:{room.id}", 3])
    assert added["messageEdge"]["node"]["content"] == "now"


@pytest.mark.parametrize("what", ["garbage", "another room", "a list", "negative"])
async def test_a_cursor_that_is_none_of_this_stream_is_bad_input(client, trio, rooms, what):
    room, ann, _, _ = trio
    other = await rooms.room(ann)
    cursor = {
        "garbage": "xx",
        "another room": encode([f"room:{other.id}", 0]),
        "a list": encode([f"messages:{room.id}", 0]),
        "negative": encode([f"room:{room.id}", -1]),
    }[what]
    async with listen(client, room, ann, cursor) as answers:
        assert await Listener(answers).refusal() == ["BAD_USER_INPUT"]


async def test_a_cursor_from_the_future_is_a_gap(client, trio):
    room, ann, _, _ = trio
    async with listen(client, room, ann, encode([f"room:{room.id}", 99])) as answers:
        _, gap = await Listener(answers).many(2)
    assert (gap["__typename"], gap["cursor"]) == ("StreamGap", encode([f"room:{room.id}", 0]))


async def test_a_room_one_may_not_see_has_no_stream_for_one(client, people, rooms):
    ann, eve = await people.person(), await people.person()
    room = await rooms.room(ann, is_private=True)
    async with listen(client, room, eve) as answers:
        assert await Listener(answers).refusal() == ["NOT_FOUND"]
    async with listen(client, room, None) as answers:
        assert await Listener(answers).refusal() == ["UNAUTHENTICATED"]


async def test_a_waiting_stream_holds_no_connection(client, trio, services):
    room, ann, ben, _ = trio
    async with AsyncExitStack() as stack:
        listeners = []
        for person in (ann, ben) * 20:
            listeners.append(Listener(await stack.enter_async_context(listen(client, room, person))))
            await listeners[-1].next()
        await say(client, room, ann, "to all")
        events = [await listener.next() for listener in listeners]
    assert len({event["cursor"] for event in events}) == 1
