"""Who may read and write which rows: an entry a table, for the gateway's role; row security does the rest."""

from dataclasses import dataclass, field
from typing import Literal

OWNER, GATEWAY, WORKER, POLICY = (
    "crossfade_owner",
    "crossfade_gateway",
    "crossfade_worker",
    "crossfade_policy",
)

Command = Literal["select", "insert", "update", "delete"]

SIGNED_IN = "(select app.viewer()) is not null"
MINE = "user_id = (select app.viewer())"
READABLE_ROOM = (
    "room_id = any(array(select app.viewer_rooms()))"
    " or exists (select from chat_rooms r where r.id = room_id and not r.is_private)"
)


@dataclass(frozen=True)
class Access:
    """What the gateway's role may do with one table. Conditions are SQL over the row and `app.viewer()`."""

    table: str
    read: str | None = None
    insert: str | None = None
    update: str | None = None
    delete: str | None = None
    columns: tuple[str, ...] = field(default=())
    """What an update may touch."""

    def grants(self) -> list[str]:
        """GRANT statements for the gateway."""
        wanted = {"select": self.read, "insert": self.insert, "delete": self.delete}
        given = [f"grant {command} on {self.table} to {GATEWAY}" for command, who in wanted.items() if who]
        if self.update:
            given.append(f"grant update ({', '.join(self.columns)}) on {self.table} to {GATEWAY}")
        return given

    def policies(self) -> list[str]:
        """CREATE POLICY statements for all roles."""
        made = [
            f"create policy {role.removeprefix('crossfade_')}_all on {self.table} to {role}"
            " using (true) with check (true)"
            for role in (OWNER, WORKER, POLICY)
        ]
        conditions: dict[Command, str | None] = {
            "select": self.read,
            "insert": self.insert,
            "update": self.update,
            "delete": self.delete,
        }
        for command, condition in conditions.items():
            if condition:
                made.append(self._policy(command, condition))
        return made

    def _policy(self, command: Command, condition: str) -> str:
        using = f" using ({condition})" if command != "insert" else ""
        check = f" with check ({condition})" if command in {"insert", "update"} else ""
        return f"create policy gateway_{command} on {self.table} for {command} to {GATEWAY}{using}{check}"


# The owner, the worker and `crossfade_policy` (as which definer functions run) may do everything with every
# row; the gateway may do what stands here and nothing else. A table without an entry fails a test.
ACCESS = (
    # Identity
    Access(
        "users",
        read=SIGNED_IN,
        update="id = (select app.viewer())",
        columns=("username", "username_key", "display_name"),
    ),
    Access("accounts", read=MINE),
    Access("credentials"),
    Access("user_identities", read=MINE),
    Access("user_sessions", read=MINE, update=MINE, columns=("revoked_at",)),
    Access("refresh_tokens"),
    Access("rate_buckets"),
    Access("idempotency_keys", read=MINE, insert=MINE),
    # Rooms
    Access(
        "chat_rooms",
        read=f"{SIGNED_IN} and (not is_private or id = any(array(select app.viewer_rooms())))"
        " and not id = any(array(select app.viewer_banned_rooms()))",
        insert="created_by = (select app.viewer()) and not is_default_room",
        update="id = any(array(select app.viewer_rooms_as('{owner,moderator}')))",
        columns=("name", "description", "is_private", "slow_mode_seconds"),
        delete="id = any(array(select app.viewer_rooms_as('{owner}'))) and not is_default_room",
    ),
    Access(
        "room_members",
        read=READABLE_ROOM,
        insert=f"{MINE} and role = 'member'"
        " and exists (select from chat_rooms r where r.id = room_id and not r.is_private)",
        update=MINE,
        columns=("last_read_message_id", "notify", "last_posted_at"),
    ),
    Access("room_bans", read="room_id = any(array(select app.viewer_rooms_as('{owner,moderator}')))"),
    Access(
        "chat_messages",
        read=READABLE_ROOM,
        insert=f"{MINE} and app.viewer_may_post(room_id)",
        update=f"{MINE} and ({READABLE_ROOM})",
        columns=("content", "edited_at", "deleted_at", "deleted_by"),
    ),
    Access(
        "message_reactions",
        read=READABLE_ROOM,
        insert=f"{MINE} and app.viewer_may_post(room_id)"
        " and exists (select from chat_messages m"
        " where m.id = message_id and m.room_id = message_reactions.room_id)",
        delete=f"{MINE} and ({READABLE_ROOM})",
    ),
    # Events: read and written through functions only.
    Access("topics"),
    Access("events"),
    # Jobs: asked for through a function.
    Access("pgqueuer"),
    Access("pgqueuer_log"),
    Access("pgqueuer_schedules"),
    Access("pgqueuer_statistics"),
)
