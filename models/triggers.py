"""Triggers: a table, a moment, a function of schema `app`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trigger:
    """One row-level trigger."""

    name: str
    table: str
    moment: str
    function: str

    def create(self) -> str:
        """CREATE TRIGGER."""
        return (
            f"create trigger {self.name} {self.moment} on {self.table}"
            f" for each row execute function app.{self.function}()"
        )


TRIGGERS = (
    Trigger("users_updated", "users", "before update", "set_updated_at"),
    Trigger("users_counted", "users", "after insert or delete", "count_people"),
    Trigger(
        "chat_rooms_updated",
        "chat_rooms",
        "before update of name, description, is_private, slow_mode_seconds",
        "set_updated_at",
    ),
    Trigger("chat_rooms_owned", "chat_rooms", "after insert", "own_new_room"),
    Trigger("room_members_held", "room_members", "before insert", "hold_room"),
    Trigger("room_members_counted", "room_members", "after insert or delete", "count_room_members"),
    Trigger("chat_messages_noted", "chat_messages", "after insert", "note_latest_message"),
)
