"""Puts the sample data into a database: once, whole, as the worker's role."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import BigInteger, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import SQLModel

from gateway.databases import DatabaseError
from gateway.demo import rows
from gateway.demo.story import Story
from kit.db import Database, Transaction
from kit.statements import Record, Statement, param
from models.identity import Account, Credential, User
from models.rooms import ChatMessage, ChatRoom, MessageReaction, RoomMember


@dataclass(frozen=True)
class Added:
    """What was added."""

    people: int
    rooms: int
    messages: int

    def __str__(self) -> str:
        return f"{self.people} people, {self.rooms} rooms, {self.messages} messages"


def columns_of(table: type[SQLModel]) -> Any:
    """The columns by name."""
    return table.__table__.c  # type: ignore[attr-defined]  # SQLModel makes it


def into(table: type[SQLModel], *names: str) -> Insert:
    """An insert with a parameter for each of these columns."""
    columns = columns_of(table)
    return insert(table).values({name: param(name, columns[name].type) for name in names})


user, room = columns_of(User), columns_of(ChatRoom)

LOCK = Statement(select(func.pg_advisory_xact_lock(param("number", BigInteger()))), Record)
LOCK_NUMBER = 0x64656D6F  # "demo": two at once add it once
KNOWN = Statement(select(user.username).where(user.id == param("id", user.id.type)), Record)
DEFAULT_ROOM = Statement(select(room.id).where(room.is_default_room), Record)
ADD_USER = Statement(into(User, "id", "username", "username_key", "display_name", "created_at"), Record)
ADD_ACCOUNT = Statement(
    into(
        Account,
        "user_id",
        "email",
        "email_verified_at",
        "has_password",
        "locale",
        "plan",
        "onboarding_completed",
    ),
    Record,
)
ADD_CREDENTIAL = Statement(into(Credential, "user_id", "password_hash"), Record)
ADD_ROOM = Statement(
    into(
        ChatRoom,
        "id",
        "name",
        "description",
        "is_private",
        "slow_mode_seconds",
        "created_by",
        "created_at",
    ),
    Record,
)
MEMBER = ("role", "last_read_message_id", "last_posted_at", "joined_at")
_member = into(RoomMember, "room_id", "user_id", *MEMBER)
# A trigger has made whoever made the room its owner.
ADD_MEMBER = Statement(
    _member.on_conflict_do_update(
        index_elements=["room_id", "user_id"], set_={name: _member.excluded[name] for name in MEMBER}
    ),
    Record,
)
ADD_MESSAGE = Statement(
    into(
        ChatMessage,
        "room_id",
        "user_id",
        "content",
        "client_key",
        "input_hash",
        "reply_to_id",
        "edited_at",
        "deleted_at",
        "deleted_by",
        "created_at",
    ).returning(columns_of(ChatMessage).id),
    Record,
)
ADD_REACTION = Statement(
    into(MessageReaction, "message_id", "user_id", "emoji", "room_id", "created_at"), Record
)


async def add_sample(database: Database, story: Story, moment: datetime, password_hash: str) -> Added | None:
    """Add it as of `moment`; None where it is there already. Raises DatabaseError where a name is taken.

    No event is written: events tell those who listen what has just happened, and all this was said before.
    """
    try:
        async with database.write(None) as transaction:
            await transaction.fetch(LOCK, number=LOCK_NUMBER)
            if await transaction.fetch(KNOWN, id=story.people[0].id):
                return None
            return await _add(transaction, story, moment, password_hash)
    except asyncpg.UniqueViolationError as error:
        raise DatabaseError(
            f"A name of the sample people is taken ({error.detail}) Nothing was added."
        ) from error


async def _add(transaction: Transaction, story: Story, moment: datetime, password_hash: str) -> Added:
    await transaction.many(ADD_USER, rows.user_rows(story.people, moment))
    await transaction.many(ADD_ACCOUNT, rows.account_rows(story.people, moment))
    hashes = [{"user_id": person.id, "password_hash": password_hash} for person in story.people]
    await transaction.many(ADD_CREDENTIAL, hashes)
    await transaction.many(ADD_ROOM, rows.room_rows(story, moment))
    (default,) = await transaction.fetch(DEFAULT_ROOM)
    places = {each.key: default.id if each.is_default else each.id for each in story.rooms}
    numbers = await _add_messages(transaction, story, moment, places)
    for each in story.rooms:
        members = rows.member_rows(story, each, places[each.key], moment, numbers[each.key])
        await transaction.many(ADD_MEMBER, members)
    return Added(len(story.people), len(places), sum(map(len, numbers.values())))


async def _add_messages(
    transaction: Transaction, story: Story, moment: datetime, places: dict[str, UUID]
) -> dict[str, list[int]]:
    """All rooms' messages in the order of time, as people would have sent them; their numbers by room."""
    people = rows.by_name(story)
    said = sorted(
        (each for room in story.rooms for each in rows.timeline(room, moment)), key=lambda each: each.at
    )
    numbers: dict[str, list[int]] = {each.key: [] for each in story.rooms}
    by_label: dict[tuple[str, str | None], int] = {}
    for each in said:
        key, line = each.room.key, each.line
        reply_to = by_label[key, line.reply] if line.reply else None
        row = rows.message_row(each, places[key], people[line.by].id, reply_to)
        (added,) = await transaction.fetch(ADD_MESSAGE, **row)
        numbers[key].append(added.id)
        by_label[each.label] = added.id
        await transaction.many(ADD_REACTION, rows.reaction_rows(story, each, places[key], added.id))
    return numbers
