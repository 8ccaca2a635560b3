"""Batched reads of messages and what hangs on them."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Integer, String, Uuid, and_, column, func, select, true

from kit.db import Lease
from kit.keyset import Keyset
from kit.statements import Record, Statement, keys, param
from models.identity import User, UserRow
from models.rooms import ChatMessage, MessageReaction, MessageRow, ReactionRow
from resolvers.loaders.base import Batched, NumberByKey, RowsByKey
from resolvers.loaders.pages import PagesByParent

message = ChatMessage.__table__.c  # type: ignore[attr-defined]  # SQLModel makes it
reaction = MessageReaction.__table__.c  # type: ignore[attr-defined]  # as above
user = User.__table__.c  # type: ignore[attr-defined]  # as above

MESSAGE = (
    message.id,
    message.room_id,
    message.user_id,
    message.content,
    message.client_key,
    message.reply_to_id,
    message.edited_at,
    message.deleted_at,
    message.deleted_by,
    message.created_at,
)
MESSAGES = Keyset(
    select(*MESSAGE), MessageRow, {"id": (message.id, BigInteger(), int)}, parent=(message.room_id, Uuid())
)


class MessageById(Batched[int, MessageRow | None]):
    """Messages the viewer may read. `known` are those that the operation's pages have shown already."""

    statement = Statement(select(*MESSAGE).where(message.id == keys("keys", BigInteger())), MessageRow)

    def __init__(self, lease: Lease, known: dict[int, MessageRow]) -> None:
        super().__init__(lease)
        self._known = known

    async def batch_load_fn(self, keys: list[int]) -> list[MessageRow | None]:
        await self.lease.turn()  # a page that was asked for before is there then
        known = self._known
        if missing := [key for key in keys if key not in known]:
            for row in await self.lease.fetch(self.statement, keys=missing):
                known[row["id"]] = row
        return [known.get(key) for key in keys]


class MessagesByRoom(PagesByParent[MessageRow]):
    """A room's messages, oldest first. What they quote and what was read last is often among them."""

    scope = "messages"
    lists: ClassVar = {frozenset(): MESSAGES}

    def __init__(self, lease: Lease, known: dict[int, MessageRow]) -> None:
        super().__init__(lease)
        self._known = known

    def shown(self, rows: list[MessageRow]) -> None:
        self._known |= {row["id"]: row for row in rows}


class ReplyCountByMessage(NumberByKey[int]):
    """How many standing messages answer each."""

    statement = Statement(
        select(message.reply_to_id.label("key"), func.count().label("number"))
        .where(message.reply_to_id == keys("keys", BigInteger()), message.deleted_at.is_(None))
        .group_by(message.reply_to_id),
        MessageRow,
    )


class ReactionsByMessage(RowsByKey[int, ReactionRow]):
    """Reactions under each message, by emoji, first used first."""

    column = "message_id"
    statement = Statement(
        select(
            reaction.message_id,
            reaction.emoji,
            func.count().label("count"),
        )
        .where(reaction.message_id == keys("keys", BigInteger()))
        .group_by(reaction.message_id, reaction.emoji)
        .order_by(reaction.message_id, func.min(reaction.created_at), reaction.emoji),
        ReactionRow,
    )


class HasReactedByViewerAndReaction(Batched[tuple[UUID, int, str], bool]):
    """Whether somebody is behind a reaction. Keys: who, message, emoji."""

    asked = (
        func.unnest(
            param("people", ARRAY(Uuid())),
            param("messages", ARRAY(BigInteger())),
            param("emoji", ARRAY(String())),
        )
        .table_valued(
            column("user_id", Uuid()),
            column("message_id", BigInteger()),
            column("emoji", String()),
            name="asked",
        )
        .render_derived()
    )
    statement = Statement(
        select(reaction.user_id, reaction.message_id, reaction.emoji).join_from(
            asked,
            MessageReaction,
            and_(
                reaction.message_id == asked.c.message_id,
                reaction.user_id == asked.c.user_id,
                reaction.emoji == asked.c.emoji,
            ),
        ),
        Record,
    )

    async def batch_load_fn(self, keys: list[tuple[UUID, int, str]]) -> list[bool]:
        people, messages, emoji = zip(*keys, strict=True)
        rows = await self.lease.fetch(self.statement, people=people, messages=messages, emoji=emoji)
        found = set(map(tuple, rows))
        return [key in found for key in keys]


class ReactorsByReaction(Batched[tuple[int, str, int], list[UserRow]]):
    """The first people behind a reaction. Keys: message, emoji, how many."""

    asked = (
        func.unnest(
            param("messages", ARRAY(BigInteger())),
            param("emoji", ARRAY(String())),
            param("most", ARRAY(Integer())),
        )
        .table_valued(
            column("message_id", BigInteger()),
            column("emoji", String()),
            column("most", Integer()),
            name="asked",
        )
        .render_derived()
    )
    who = (
        select(
            user.id,
            user.username,
            user.display_name,
            user.created_at,
            reaction.created_at.label("reacted_at"),
        )
        .join_from(MessageReaction, User, user.id == reaction.user_id)
        .where(reaction.message_id == asked.c.message_id, reaction.emoji == asked.c.emoji)
        .order_by(reaction.created_at, user.id)
        .limit(asked.c.most)
        .lateral("who")
    )
    statement = Statement(
        select(asked.c.message_id, asked.c.emoji, asked.c.most, *who.c)
        .select_from(asked.join(who, true()))
        .order_by(who.c.reacted_at, who.c.id),
        UserRow,
    )

    async def batch_load_fn(self, keys: list[tuple[int, str, int]]) -> list[list[UserRow]]:
        messages, emoji, most = zip(*keys, strict=True)
        found: dict[tuple[int, str, int], list[UserRow]] = {key: [] for key in keys}
        for row in await self.lease.fetch(self.statement, messages=messages, emoji=emoji, most=most):
            found[row["message_id"], row["emoji"], row["most"]].append(row)
        return [found[key] for key in keys]
