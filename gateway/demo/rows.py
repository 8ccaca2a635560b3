"""The sample data as rows: the same ones for the same moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from gateway.demo.story import NAMESPACE, Line, Person, Room, Story
from kit.text import single_emoji
from services.identity.usernames import username_key
from services.rooms import input_hash

Row = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """One message on its way into the table, where it gets its number."""

    room: Room
    line: Line
    place: int
    """In its room, from 0."""
    at: datetime

    @property
    def label(self) -> tuple[str, str | None]:
        """What replies name it by."""
        return self.room.key, self.line.id


def user_rows(people: tuple[Person, ...], moment: datetime) -> list[Row]:
    """For `users`."""
    return [
        {
            "id": person.id,
            "username": person.username,
            "username_key": username_key(person.username),
            "display_name": person.name,
            "created_at": _joined(person, moment),
        }
        for person in people
    ]


def account_rows(people: tuple[Person, ...], moment: datetime) -> list[Row]:
    """For `accounts`."""
    return [
        {
            "user_id": person.id,
            "email": person.email,
            "email_verified_at": _joined(person, moment),
            "has_password": True,
            "locale": person.locale,
            "plan": person.plan,
            "onboarding_completed": True,
        }
        for person in people
    ]


def room_rows(story: Story, moment: datetime) -> list[Row]:
    """For `chat_rooms`; the default room is there already."""
    people = by_name(story)
    return [
        {
            "id": room.id,
            "name": room.name,
            "description": room.description,
            "is_private": room.is_private,
            "slow_mode_seconds": room.slow_mode_seconds,
            "created_by": people[room.owner].id,
            "created_at": moment - timedelta(days=room.days),
        }
        for room in story.rooms
        if not room.is_default
    ]


def member_rows(story: Story, room: Room, room_id: UUID, moment: datetime, numbers: list[int]) -> list[Row]:
    """For `room_members`. `numbers` are those of the room's messages, in their order."""
    people, said = by_name(story), timeline(room, moment)
    return [
        {
            "room_id": room_id,
            "user_id": people[name].id,
            "role": role,
            "last_read_message_id": [0, *numbers][len(numbers) - room.unread.get(name, 0)],
            "last_posted_at": max((each.at for each in said if each.line.by == name), default=None),
            "joined_at": max(moment - timedelta(days=room.days), _joined(people[name], moment))
            if not room.is_default
            else _joined(people[name], moment),
        }
        for name, role in room.roles.items()
    ]


def timeline(room: Room, moment: datetime) -> list[Said]:
    """When each thing was said: the last one `ends` minutes before `moment`."""
    at = moment - timedelta(minutes=room.ends + sum(line.wait for line in room.messages))
    said = []
    for place, line in enumerate(room.messages):
        at += timedelta(minutes=line.wait)
        said.append(Said(room, line, place, at))
    return said


def message_row(said: Said, room_id: UUID, author: UUID, reply_to_id: int | None) -> Row:
    """For `chat_messages`. Of a deleted one no words are kept, here as everywhere."""
    line = said.line
    words = None if line.deleted is not None else line.says
    return {
        "room_id": room_id,
        "user_id": author,
        "content": words,
        "client_key": uuid5(NAMESPACE, f"message {said.room.key} {said.place}"),
        "input_hash": input_hash(room_id, line.says, reply_to_id),
        "reply_to_id": reply_to_id,
        "edited_at": _after(said.at, line.edited),
        "deleted_at": _after(said.at, line.deleted),
        "deleted_by": author if line.deleted is not None else None,
        "created_at": said.at,
    }


def reaction_rows(story: Story, said: Said, room_id: UUID, number: int) -> list[Row]:
    """For `message_reactions`, seconds apart, in the order of the file."""
    people = by_name(story)
    given = [(emoji, name) for emoji, names in said.line.reacts.items() for name in names]
    return [
        {
            "message_id": number,
            "user_id": people[name].id,
            "emoji": single_emoji(emoji, "emoji"),
            "room_id": room_id,
            "created_at": said.at + timedelta(seconds=7 * (nth + 1)),
        }
        for nth, (emoji, name) in enumerate(given)
    ]


def by_name(story: Story) -> dict[str, Person]:
    """People by user name."""
    return {person.username: person for person in story.people}


def _joined(person: Person, moment: datetime) -> datetime:
    return moment - timedelta(days=person.days)


def _after(at: datetime, minutes: int | None) -> datetime | None:
    return None if minutes is None else at + timedelta(minutes=minutes)
