"""Streams of many: what happens in a topic is read, run and encoded once for all who are told alike."""

import asyncio
from collections.abc import Hashable, Sequence

from executor.engine import Prepared
from gateway.context import Caller
from gateway.transport.group import Group
from gateway.transport.member import Member
from gateway.transport.streams import Encode, Reader
from kit.clock import now
from kit.errors import BadInput
from resolvers.streams import StreamGap, StreamItem, StreamReady, Watch, place_of


class FanOut:
    """The groups of one process: by topic, document and the variables that decide how events are answered."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._groups: dict[Hashable, Group] = {}
        self._arming: dict[Hashable, asyncio.Future[None]] = {}

    @property
    def member_count(self) -> int:
        """Streams that are told now."""
        return sum(group.size for group in self._groups.values())

    async def join(
        self,
        prepared: Prepared,
        watch: Watch,
        caller: Caller,
        reader: Reader,
        cursors: Sequence[str],
    ) -> Member:
        """Begin to tell a reader who may be told: Ready first, and the gap if there is one."""
        group = await self._armed((watch.source.topic, *prepared.shape()), prepared, watch, caller)
        with group.expecting():
            position, is_gap = await group.feed.place(_newest(watch, cursors))
            member = Member(group.leave, group.cursors, prepared, self._encode, caller, reader, position)
            await self._greet(member, group, is_gap=is_gap)
            return group.add(member)

    async def _greet(self, member: Member, group: Group, *, is_gap: bool) -> None:
        cursor = group.cursors.at(member.position)
        is_replaying = member.position < group.feed.head
        words: list[StreamItem] = [StreamReady(cursor, now(), None, is_replaying=is_replaying)]
        if is_gap:
            words.append(StreamGap(cursor, now(), None))
        for word in words:
            member.reader.next(await member.told(word), cursor)

    async def _armed(self, key: Hashable, prepared: Prepared, watch: Watch, caller: Caller) -> Group:
        """The group of that key; those who come at once make one."""
        while (found := self._groups.get(key)) is None or found.is_over:
            if key in self._arming:
                await asyncio.wait([self._arming[key]])
                continue
            arming: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._arming[key] = arming
            try:
                hub = caller.services.hub
                feed = await hub.feed(watch.source.topic, passing=watch.source.passing)
                self._groups[key] = Group(
                    watch.source, feed, prepared, self._encode, lambda: self._groups.pop(key, None)
                )
            finally:
                del self._arming[key]
                arming.set_result(None)
        return found


def _newest(watch: Watch, cursors: Sequence[str]) -> int | None:
    """Behind what to begin: of several places in one topic, the newest."""
    places = [] if watch.after is None else [watch.after]
    for cursor in cursors:
        try:
            places.append(place_of(watch.source.topic, cursor))
        except BadInput:
            continue  # of another topic
    return max(places, default=None)
