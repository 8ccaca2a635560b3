"""A world of people, rooms and rows, in which one acts as somebody and sees what that touched."""

import re
from pathlib import Path

import asyncpg

from models import events, identity, rooms  # noqa: F401 - tables register themselves
from models.base import metadata
from tests.models.new_rows import NEW

WORLD = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")

PLACE = {"chat_rooms": "id", "room_members": "room_id", "room_bans": "room_id", "chat_messages": "room_id"}
PLACE |= {"message_reactions": "room_id"}
PERSON = {table: "user_id" for table in metadata.tables if "user_id" in metadata.tables[table].c}
PERSON |= {"users": "id", "refresh_tokens": "session_id"}
"""The column that says which room, or which person, a row belongs to."""


class World:
    """Acts as somebody, and tells which rows that touched; then all is as before."""

    def __init__(self, admin):
        self.admin = admin

    async def prepare(self):
        await self.admin.execute(WORLD)
        await self.admin.execute("grant usage on schema test to public")
        names = await self.admin.fetch("select name from test.people")
        people = {(await self.id(row["name"])): row["name"] for row in names}
        self.rooms = {(await self.id(name)): name for name in ("default", "public", "private")}
        self.names = people | self.rooms
        self.messages = {
            self.rooms[row["room_id"]]: row["id"]
            for row in await self.admin.fetch("select room_id, min(id) as id from chat_messages group by 1")
        }

    async def id(self, name):
        return await self.admin.fetchval("select test.id($1)", name)

    async def act(self, role, actor, sql, effect, first="select"):
        """What `effect` says after `sql` was sent by a role with a viewer, or why it was not done."""
        transaction = self.admin.transaction()
        await transaction.start()
        try:
            viewer = "''" if actor == "nobody" else f"test.id('{actor}')::text"
            await self.admin.execute(first)
            await self.admin.execute(f"select set_config('app.viewer', {viewer}, true)")
            await self.admin.execute(f"set local session authorization {role}")
            answer = await self.admin.fetch(sql)
            await self.admin.execute("set local session authorization default")
            return await effect(answer)
        except asyncpg.UniqueViolationError:
            return "taken"
        except asyncpg.InsufficientPrivilegeError as refusal:
            return (
                "refused"
                if "row-level security" in str(refusal)
                else re.sub(" for table.*", "", str(refusal))
            )
        finally:
            await transaction.rollback()

    async def labels(self, table, where=""):
        """Each row by its place in the table: whose it is, and of which room."""
        place, person = PLACE.get(table, "null::uuid"), PERSON.get(table, "null::uuid")
        found = await self.admin.fetch(
            f"select ctid::text, {person} as person, {place} as place from {table} {where}"
        )
        return {row["ctid"]: (self.names.get(row["person"]), self.names.get(row["place"])) for row in found}

    async def select(self, table, role, actor):
        labels = await self.labels(table)

        async def seen(answer):
            return {labels[row["ctid"]] for row in answer}

        return await self.act(role, actor, f"select ctid::text from {table}", seen)

    async def insert(self, table, role, actor, what):
        async def made(_answer):
            return "yes"

        sql = NEW[table][what].replace("{me}", actor)
        for room, message in self.messages.items():
            sql = sql.replace(f"{{message in {room}}}", str(message))
        place_is_free = f"delete from room_members where user_id = test.id('{actor}')"
        return await self.act(role, actor, sql, made, place_is_free if table == "room_members" else "select")

    async def update(self, table, role, actor, assignment):
        async def changed(_answer):
            mine = "where xmin = pg_current_xact_id()::xid"
            return set((await self.labels(table, mine)).values())

        return await self.act(role, actor, f"update {table} set {assignment}", changed)

    async def delete(self, table, role, actor):
        before = await self.labels(table)

        async def gone(_answer):
            return {before[ctid] for ctid in before.keys() - (await self.labels(table)).keys()}

        return await self.act(role, actor, f"delete from {table}", gone)

    async def columns(self, table, *, is_settable=False):
        """All, or those that a statement may set to any value."""
        found = await self.admin.fetch(
            """
            select attname from pg_attribute
            where attrelid = $1::regclass and attnum > 0 and not attisdropped
              and not ($2 and attidentity = 'a')""",
            table,
            is_settable,
        )
        return {row["attname"] for row in found}
