"""All who watch one topic by one document: where each has come, and the one task that tells them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from executor.engine import Prepared
from gateway.transport.member import Member
from gateway.transport.streams import Encode
from gateway.transport.telling import OutageError, Telling
from kit.backoff import delays
from kit.clock import now
from kit.db import BROKEN
from kit.hub import ClosedError, Event, Feed, PastGoneError
from kit.log import REQUEST
from resolvers.streams import Source, StreamGap, stream_cursors

log = structlog.get_logger()

AT_ONCE = 50
"""Events that are read and told together, where so many wait."""
TRIES = 8
"""How often an event is read while the database is away (10 s in all) before all are sent to come again."""


class Cohort:
    """Members who have come to the same place, and what passed since then."""

    __slots__ = ("members", "passed")

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.passed: dict[tuple[str, int], Event] = {}


class Group:
    """Members at any places of a topic. Those who are behind are told what they missed, and fall in."""

    def __init__(
        self,
        source: Source,
        feed: Feed,
        prepared: Prepared,
        encode: Encode,
        forget: Callable[[], Any],
    ) -> None:
        self.source = source
        self.feed = feed
        self.cursors = stream_cursors(source.topic)
        self.size = 0
        self.is_over = False
        self._encode = encode
        self._forget = forget
        self._cohorts: dict[int, Cohort] = {}
        self._expected = 0
        self._is_newest_next = True
        self._telling = Telling(source, self.cursors, prepared, encode)
        self._task = asyncio.create_task(self._run())

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """Somebody is about to be added: the group waits for them."""
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1
            self._end_if_empty()

    def add(self, member: Member) -> Member:
        """Tell them from their place on."""
        self.size += 1
        self._cohort(member.position).members.append(member)
        self.feed.wake()
        return member

    def leave(self) -> None:
        """One less: who is closed is left out when the turn of their cohort comes."""
        self.size -= 1
        self._end_if_empty()

    def _cohort(self, position: int) -> Cohort:
        return self._cohorts.setdefault(position, Cohort())

    def _end_if_empty(self) -> None:
        if self.size == 0 and self._expected == 0 and not self.is_over:
            self.is_over = True
            self.feed.close()
            self._forget()

    async def _run(self) -> None:
        REQUEST.set(None)  # it outlives the request of who came first
        waits = delays(0.05, 1.0)
        try:
            while not self.is_over:
                self._pass()
                position = self._next()
                if position is None:
                    await self.feed.moved()
                elif await self._step(position):
                    waits = delays(0.05, 1.0)
                else:
                    await asyncio.sleep(next(waits))  # a store that lags: what is missing is known to be kept
        except ClosedError:
            self._send_away()
        except Exception:
            log.exception("stream_broken", topic=self.source.topic)
            self._send_away()

    def _pass(self) -> None:
        for event in self.feed.passed():
            for cohort in self._cohorts.values():
                cohort.passed[event.topic, event.seq] = event

    def _next(self) -> int | None:
        """Whose turn it is: the newest and the furthest behind take turns."""
        head = self.feed.head
        waiting = [place for place, cohort in self._cohorts.items() if place < head or cohort.passed]
        if not waiting:
            return None
        chosen = max(waiting) if self._is_newest_next else min(waiting)
        self._is_newest_next = not self._is_newest_next
        return chosen

    async def _step(self, position: int) -> bool:
        """Tell one cohort what came next; whether there was anything."""
        cohort = self._cohorts[position]
        try:
            events = await self.feed.after(position, AT_ONCE)
        except PastGoneError:
            await self._tell_gap(cohort, position)
            return True
        passed = [] if events else list(cohort.passed.values())
        if not events and not passed:
            return False
        del self._cohorts[position]
        try:
            await self._tell(cohort.members, position, events or passed)
        except BaseException:
            self._fall_in(cohort.members, position, cohort.passed)
            raise
        after = events[-1].seq if events else position
        self._fall_in(cohort.members, after, cohort.passed if events else {})
        return True

    def _fall_in(self, members: list[Member], position: int, passed: dict[tuple[str, int], Event]) -> None:
        staying = [member for member in members if not member.is_closed]
        if staying:
            for member in staying:
                member.position = position
            cohort = self._cohort(position)
            cohort.members += staying
            cohort.passed |= passed

    async def _tell(self, members: list[Member], position: int, events: list[Event]) -> None:
        waits = delays(0.05, 2.0)
        for left in reversed(range(TRIES)):
            try:
                await self._telling.tell(members, position, events)
            except (OutageError, *BROKEN) as error:
                if not left:
                    raise
                log.warning("stream_waits", topic=self.source.topic, error=repr(error))
                await asyncio.sleep(next(waits))
            else:
                return

    async def _tell_gap(self, cohort: Cohort, former: int) -> None:
        position = self.feed.head
        cursor = self.cursors.at(position)
        for member in cohort.members:
            if not member.is_closed:
                payload = await member.told(StreamGap(cursor, now(), None))
                member.reader.next(payload, cursor)
        del self._cohorts[former]
        self._fall_in(cohort.members, position, cohort.passed)

    def _send_away(self) -> None:
        """All are to come again with their cursors."""
        members = [member for cohort in self._cohorts.values() for member in cohort.members]
        self._cohorts.clear()
        for member in members:
            if not member.is_closed:
                member.reader.broken()
                member.close()
        self._end_if_empty()
