"""Saying, mending and taking back; reacting; reading."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import BigInteger, Integer, LargeBinary, String, Uuid, delete, func, select
from sqlalchemy import update as update_rows
from sqlalchemy.dialects.postgresql import insert

from kit.bus import Signal
from kit.clock import now
from kit.errors import Forbidden, Problem, ProblemCode
from kit.ids import int_of, uuid_of
from kit.pages import Edge
from kit.statements import Call, Record, Statement, param
from kit.text import clean_text, single_emoji
from models.rooms import ChatMessage, MessageReaction, MessageRow, SentRow
from resolvers.context import Context, Info, Write
from resolvers.loaders.messages import MESSAGE, message, reaction
from resolvers.rooms.reads import listed, membership
from services.events import MessageChanged, room_topic
from services.rooms import MOST_REACTIONS, input_hash

SEND = Call(
    func.app.send_message(
        param("viewer", Uuid()),
        param("room", Uuid()),
        param("words", String()),
        param("reply_to", BigInteger()),
        param("sender_key", Uuid()),
        param("hash", LargeBinary()),
        param("rate_limit", Integer()),
        param("rate_seconds", Integer()),
    ),
    ("outcome", "retry_at", "topic", "seq", *(column.name for column in MESSAGE)),
    SentRow,
)
REFUSALS = {
    "not_found": (ProblemCode.NOT_FOUND, "roomId", "There is no such room, or it is not for you."),
    "banned": (ProblemCode.BANNED, "roomId", "You were sent away from this room."),
    "not_a_member": (ProblemCode.NOT_A_MEMBER, "roomId", "Join the room first."),
    "muted": (ProblemCode.MUTED, "roomId", "You may not speak here for now."),
    "slow_mode": (ProblemCode.SLOW_MODE, "roomId", "This room is slow."),
    "reply_not_found": (ProblemCode.NOT_FOUND, "replyToId", "What it answers is not in this room."),
    "limit": (ProblemCode.LIMIT_REACHED, None, "You send faster than people can read."),
    "message_not_found": (
        ProblemCode.NOT_FOUND,
        "messageId",
        "There is no such message, or it is not for you.",
    ),
    "not_in_room": (ProblemCode.NOT_FOUND, "messageId", "This message is not in this room."),
    "client_key_reused": (
        ProblemCode.CLIENT_KEY_REUSED,
        "clientKey",
        "This clientKey was used for something else.",
    ),
}
EDIT = Statement(
    update_rows(ChatMessage)
    .values(content=param("content", String()), edited_at=func.now())
    .where(message.id == param("id", BigInteger()), message.deleted_at.is_(None))
    .returning(*MESSAGE),
    MessageRow,
)
TAKE_BACK = Statement(
    update_rows(ChatMessage)
    .values(content=None, deleted_at=func.now(), deleted_by=param("user_id", Uuid()))
    .where(message.id == param("id", BigInteger()), message.deleted_at.is_(None))
    .returning(*MESSAGE),
    MessageRow,
)
EMOJI = Statement(
    select(reaction.emoji).where(reaction.message_id == param("id", BigInteger())).distinct(), Record
)
REACT = Statement(
    insert(MessageReaction)
    .values(
        message_id=param("id", BigInteger()),
        user_id=param("user_id", Uuid()),
        emoji=param("emoji", String()),
        room_id=param("room_id", Uuid()),
    )
    .on_conflict_do_nothing()
    .returning(reaction.message_id),
    Record,
)
UNREACT = Statement(
    delete(MessageReaction)
    .where(
        reaction.message_id == param("id", BigInteger()),
        reaction.user_id == param("user_id", Uuid()),
        reaction.emoji == param("emoji", String()),
    )
    .returning(reaction.message_id),
    Record,
)
READ = Call(
    func.app.mark_read(param("viewer", Uuid()), param("room", Uuid()), param("message", BigInteger())),
    ("outcome",),
    Record,
)


@dataclass(frozen=True)
class MessageSent:
    """The message in its list, and its room, in which the read marker has moved."""

    edge: Edge[MessageRow]
    room_id: UUID


@dataclass(frozen=True)
class MessageNow:
    """A message as it is now."""

    message: MessageRow | None


@dataclass(frozen=True)
class RoomRead:
    """The room whose counts have changed, and whose they are."""

    room_id: UUID
    viewer_id: UUID


async def send_message(
    info: Info,
    room_id: strawberry.ID,
    content: str,
    client_key: UUID,
    reply_to_id: strawberry.ID | None = None,
) -> MessageSent:
    """One message to PostgreSQL, `app.send_message`. A retry with the same key gets the first message."""
    context = info.context
    settings = context.services.settings
    words = clean_text(content, "content", 1, settings.max_message_length)
    room_key = uuid_of("Room", room_id)
    reply_to = int_of("Message", reply_to_id) if reply_to_id else None
    if room_key is None or (reply_to_id and reply_to is None):
        raise _refusal("not_found" if room_key is None else "reply_not_found")
    sent = await context.call(
        SEND,
        room=room_key,
        words=words,
        reply_to=reply_to,
        sender_key=client_key,
        hash=input_hash(room_key, words, reply_to),
        rate_limit=settings.rate_send_message.limit,
        rate_seconds=settings.rate_send_message.per_seconds,
    )
    if sent.outcome in REFUSALS:
        raise _refusal(sent.outcome, sent.retry_at)
    if sent.topic is not None and sent.seq is not None:
        await context.services.bus.publish([Signal(sent.topic, sent.seq)])
    context.loaders.known_messages[sent.id] = sent
    return MessageSent(listed(sent), sent.room_id)


async def edit_message(info: Info, message_id: strawberry.ID, content: str) -> MessageNow:
    """One's own, while it stands and one may speak in the room."""
    context = info.context
    words = clean_text(content, "content", 1, context.services.settings.max_message_length)
    before = await _own(context, message_id)
    await _check_may_speak(context, before)
    async with context.write(room=before.room_id) as write:
        after = await write.fetchrow(EDIT, id=before.id, content=words)
        if after is None:
            raise Problem(ProblemCode.NOT_ALLOWED_NOW, "It was deleted.", field=["messageId"])
        write.emit(room_topic(before.room_id), MessageChanged(before.id, "edited"))
    return MessageNow(after)


async def delete_message(info: Info, message_id: strawberry.ID) -> MessageNow:
    """Its words are gone; deleting it again changes nothing."""
    context = info.context
    before = await _own(context, message_id)
    user_id = context.user_id
    async with context.write(room=before.room_id) as write:
        after = await write.fetchrow(TAKE_BACK, id=before.id, user_id=user_id)
        if after is not None:
            topic = room_topic(before.room_id)
            write.emit(topic, MessageChanged(before.id, "deleted"))
            if before.reply_to_id is not None:
                write.emit(topic, MessageChanged(before.reply_to_id, "replies"))
    return MessageNow(after or await context.loaders.message_by_id.load(before.id))


async def react(info: Info, message_id: strawberry.ID, emoji: str) -> MessageNow:
    """At most 20 different emoji under one message. The same one again changes nothing."""
    context, sign = info.context, single_emoji(emoji, "emoji")
    found = await _visible(context, message_id)
    await _check_may_speak(context, found)
    if found.deleted_at is not None:
        raise Problem(ProblemCode.NOT_ALLOWED_NOW, "It was deleted.", field=["messageId"])
    user_id, topic = context.user_id, room_topic(found.room_id)
    async with context.write(room=found.room_id) as write:
        await _check_room_for(write, found, sign)
        if await write.fetch(REACT, id=found.id, user_id=user_id, emoji=sign, room_id=found.room_id):
            write.emit(topic, MessageChanged(found.id, "reactions"))
    return MessageNow(await context.loaders.message_by_id.load(found.id))


async def unreact(info: Info, message_id: strawberry.ID, emoji: str) -> MessageNow:
    """One's own; where there is none, nothing changes."""
    context, sign = info.context, single_emoji(emoji, "emoji")
    found = await _visible(context, message_id)
    user_id = context.user_id
    async with context.write() as write:
        if await write.fetch(UNREACT, id=found.id, user_id=user_id, emoji=sign):
            write.emit(room_topic(found.room_id), MessageChanged(found.id, "reactions"))
    return MessageNow(await context.loaders.message_by_id.load(found.id))


async def mark_read(info: Info, room_id: strawberry.ID, message_id: strawberry.ID) -> RoomRead:
    """One message to PostgreSQL, `app.mark_read`. The marker only moves forward."""
    context, room, message_key = info.context, uuid_of("Room", room_id), int_of("Message", message_id)
    if room is None or message_key is None:
        raise _refusal("message_not_found" if message_key is None else "not_found")
    done = await context.call(READ, room=room, message=message_key)
    if done.outcome in REFUSALS:
        raise _refusal(done.outcome)
    return RoomRead(room, context.user_id)


async def _visible(context: Context, message_id: str) -> MessageRow:
    key = int_of("Message", message_id)
    found = await context.loaders.message_by_id.load(key) if key is not None else None
    if found is None:
        raise _refusal("message_not_found")
    return found


async def _own(context: Context, message_id: str) -> MessageRow:
    found = await _visible(context, message_id)
    if found.user_id != context.user_id:
        raise Forbidden("Only who wrote a message changes it.")
    return found


async def _check_may_speak(context: Context, found: MessageRow) -> None:
    mine = await membership(context, found.room_id)
    if mine is None:
        raise _refusal("not_a_member")
    if mine.muted_until is not None and mine.muted_until > now():
        raise _refusal("muted", mine.muted_until)


async def _check_room_for(write: Write, found: MessageRow, sign: str) -> None:
    """Counted in one's turn of the room: nobody else adds one meanwhile."""
    used = {row.emoji for row in await write.fetch(EMOJI, id=found.id)}
    if sign not in used and len(used) >= MOST_REACTIONS:
        raise Problem(
            ProblemCode.LIMIT_REACHED,
            f"A message has at most {MOST_REACTIONS} different reactions.",
            field=["emoji"],
            max=MOST_REACTIONS,
        )


def _refusal(outcome: str, retry_at: datetime | None = None) -> Problem:
    code, field, sentence = REFUSALS[outcome]
    return Problem(code, sentence, field=[field] if field else None, retry_at=retry_at)
