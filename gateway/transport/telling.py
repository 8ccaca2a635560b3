"""Events become bytes: read once, run once, encoded once, and filled in where they differ by who is told."""

import asyncio
from collections.abc import Callable, Sequence

from graphql import ExecutionResult, GraphQLError

from executor.engine import Prepared
from executor.running import start_task
from executor.sharing import Shared
from gateway.errors import cause_of
from gateway.transport.member import Member
from gateway.transport.streams import Encode
from kit.clock import now
from kit.db import BROKEN
from kit.errors import Unauthenticated
from kit.hub import Event
from kit.pages import Cursors
from resolvers.context import Context
from resolvers.streams import OvertakenError, Person, Source, StreamEnded, StreamItem

OVERTAKEN = 5
"""How often it is read anew, by another, where what is read goes out of the sight of who reads."""
Told = Callable[[Person], bytes]
"""What each person is told of one event."""


class OutageError(Exception):
    """The database went away in the middle of an answer."""


def is_personal(name: str) -> bool:
    """Whether a field depends on who asks: of objects, only those do."""
    return name.startswith("viewer")


class Telling:
    """How the events of one topic are told by one document."""

    def __init__(self, source: Source, cursors: Cursors, prepared: Prepared, encode: Encode) -> None:
        self._source = source
        self._cursors = cursors
        self._prepared = prepared
        self._encode = encode
        self._shared = prepared.shared(is_personal)

    async def tell(self, members: Sequence[Member], position: int, events: Sequence[Event]) -> None:
        """Hand each member what they may be told; those who may no longer are told so, and are closed.

        Raises OutageError, or what a lost connection raises; then nobody was told anything.
        """
        left = self._signed_in(members)
        for _ in range(OVERTAKEN):
            if not left:
                return
            left = await self._tell(left, position, events)
        if left:
            raise OutageError

    async def _tell(self, members: list[Member], position: int, events: Sequence[Event]) -> list[Member]:
        """Read as the first of them, and then ask who may be told: those who have to be told anew.

        Asked before, the first could lose what is read for all in the middle of reading, and the others would
        be told too little.
        """
        context = members[0].caller.context()
        try:
            told = await self._answers(context, members, position, events)
            allowed = await self._source.readers(context, list({member.person for member in members}))
            parting = [member for member in members if member.person not in allowed]
            reason = await self._source.why_gone(context) if parting else ""
        finally:
            context.close()
        if parting:
            await self._part(parting, position, reason)
        staying = [member for member in members if not member.is_closed]
        if told is None or members[0].person not in allowed:
            return staying
        for cursor, replaces, answer in told:
            for member in staying:
                if not member.is_closed:
                    member.reader.next(answer(member.person), cursor, replaces)
        return []

    async def _answers(
        self, context: Context, members: list[Member], position: int, events: Sequence[Event]
    ) -> list[tuple[str, str | None, Told]] | None:
        """Cursor, what it replaces, and the bytes, for each event of which there is something to show.

        None where what the stream is about has gone out of the reader's sight.
        """
        marked = [(self._cursor(event, position), event) for event in events]
        try:
            items = await asyncio.gather(*(self._source.item(context, *each) for each in marked))
        except OvertakenError:
            return None
        shown = [(event, item) for event, item in zip(events, items, strict=True) if item is not None]
        answers = await asyncio.gather(*(self._answer(context, members, item) for _, item in shown))
        return [
            (item.cursor, self._replaced(event), answer)
            for (event, item), answer in zip(shown, answers, strict=True)
        ]

    async def _answer(self, context: Context, members: list[Member], item: StreamItem) -> Told:
        if self._shared is None:
            return await self._singly(members, item)

        def encode(result: ExecutionResult) -> bytes:
            return self._encoded(result, context)

        shared = await self._shared.run(context, item, encode)
        if shared.is_alike:
            alike = shared.text
            return lambda _person: alike
        return await self._filled(context, shared, members, item)

    async def _filled(
        self, context: Context, shared: Shared, members: list[Member], item: StreamItem
    ) -> Told:
        """All viewers' own fields side by side, so that their loads go out together."""
        loop = asyncio.get_running_loop()
        people = {member.person: member for member in members}
        tasks = {
            person: start_task(shared.told(context.seen_by(member.caller.viewer)), loop)
            for person, member in people.items()
        }
        if waiting := [task for task in tasks.values() if not task.done()]:
            await asyncio.wait(waiting)
        known = {person: task.result() for person, task in tasks.items()}
        failed = [people[person] for person, told in known.items() if told is None]
        alone = await self._singly(failed, item) if failed else None
        return lambda person: known[person] or alone(person)  # type: ignore[misc]  # there where one has failed

    async def _singly(self, members: list[Member], item: StreamItem) -> Told:
        """A run of their own for each person."""
        known: dict[Person, bytes] = {}
        for member in members:
            if member.person not in known:
                context = member.caller.context()
                try:
                    known[member.person] = self._encoded(await self._prepared.run(context, item), context)
                finally:
                    context.close()
        return known.__getitem__

    def _encoded(self, result: ExecutionResult, context: Context) -> bytes:
        if any(isinstance(cause_of(error), BROKEN) for error in result.errors or ()):
            raise OutageError
        return self._encode(result, context.request_id)

    async def _part(self, members: list[Member], position: int, reason: str) -> None:
        cursor = self._cursors.at(position)
        context = members[0].caller.context()
        answer = await self._prepared.run(context, StreamEnded(cursor, now(), None, reason))
        context.close()
        payload = self._encode(answer, context.request_id)
        for member in members:
            member.end_with(payload, cursor)

    def _signed_in(self, members: Sequence[Member]) -> list[Member]:
        """Those whose token still speaks for them; the others are told that it does not."""
        moment, staying = now(), []
        for member in members:
            if member.is_closed:
                continue
            if member.has_ended(moment):
                refused = Unauthenticated("This session has ended. Sign in again.")
                error = GraphQLError("", original_error=refused)
                payload = self._encode(ExecutionResult(None, [error]), member.caller.request_id)
                member.end_with(payload, None)
            else:
                staying.append(member)
        return staying

    def _cursor(self, event: Event, position: int) -> str:
        """Passing events repeat the last durable one."""
        return self._cursors.at(event.seq if event.topic == self._source.topic else position)

    def _replaced(self, event: Event) -> str | None:
        return None if event.topic == self._source.topic else f"{event.topic} {event.kind} {event.payload}"
