"""Every operation as everybody: what tests/permissions_table.py says is what comes back."""

import os
from pathlib import Path
from string import Template
from uuid import uuid4

import pytest

from kit.crypto import new_token, token_hash
from kit.ids import global_id, split_id
from tests.access_table import ACTORS
from tests.permissions_page import page
from tests.permissions_table import CASES

ALL = [case for cases in CASES.values() for case in cases]
PAGE = Path(__file__).parent.parent.parent / "docs" / "permissions.md"
PASSWORD = "a long and uncommon one"
REMEMBER = """
    insert into refresh_tokens (token_hash, session_id, expires_at)
    values ($1, $2, now() + interval '1 day')"""
ROOMS = ("default", "public", "private")


class Scene:
    """A room of each kind, somebody of one standing in them, and somebody else who owns them."""

    def __init__(self, people, rooms, admin):
        self.people = people
        self.rooms = rooms
        self.admin = admin
        self.words = {"password": PASSWORD}

    async def set(self, actor):
        await self.admin.execute("""
            delete from chat_messages; delete from chat_rooms where not is_default_room; delete from users;
            update chat_rooms set name = 'default'""")
        other = await self.people.device(await self.people.person(password=PASSWORD))
        somebody = await self.people.signed_in()
        places = {
            name: await self.rooms.room(other, name=name, is_private=name == "private") for name in ROOMS[1:]
        }
        for place in places.values():
            await self.stand(place, somebody, actor)
        self.tell(other, somebody)
        for name, place in {"default": await self.rooms.default(), **places}.items():
            await self.say(name, place, other, somebody)
        await self.remember(other)
        return None if actor == "nobody" else somebody

    async def stand(self, place, somebody, actor):
        """Of what standing in a room the actor is."""
        if actor in {"nobody", "stranger"}:
            return
        await self.rooms.member(place, somebody, actor if actor in {"moderator", "owner"} else "member")
        if actor == "banned":
            await self.rooms.ban(place, somebody)
        if actor == "muted":
            await self.admin.execute(
                "update room_members set muted_until = now() + interval '1 day' where role = 'member'"
            )

    def tell(self, other, somebody):
        self.words |= {
            "other": global_id("User", other.id),
            "other_name": other.username,
            "other_email": other.email,
            "other_viewer": global_id("Viewer", other.id),
            "other_session": global_id("Session", other.session_id),
            "viewer": global_id("Viewer", somebody.id),
            "session": global_id("Session", somebody.session_id),
            "new": uuid4().hex,
            "key": str(uuid4()),
        }

    async def say(self, name, place, other, somebody):
        """A message of each: who is a stranger now has been there once."""
        self.words[name] = place.gid
        self.words[f"{name}_member"] = global_id("RoomMember", place.id, other.id)
        self.words[f"{name}_message"] = global_id("Message", await self.rooms.message(place, other))
        self.words[f"{name}_own"] = global_id("Message", await self.rooms.message(place, somebody))

    async def remember(self, other):
        token = new_token()
        await self.admin.execute(REMEMBER, token_hash(token), other.session_id)
        self.words["refresh_token"] = token


async def ask(client, case, scene, somebody, number):
    document = Template(case.document).substitute(scene.words)
    if case.kind == "subscription":
        async with client.subscribe(document, as_=somebody) as answers:
            return outcome(await anext(answers), case)
    # From an address of one's own: limits are another matter.
    return outcome(await client.query(document, as_=somebody, address=f"10.0.0.{number}"), case)


def outcome(answer, case):
    if answer.errors:
        (code,) = answer.codes
        return str(code)
    found = answer.data[case.field]
    if found is None or found == [None]:
        return "null"
    if case.kind == "mutation" and found["userErrors"]:
        (problem,) = found["userErrors"]
        return problem["code"]
    if case.selection == "nodes { name }":
        return ",".join(sorted(node["name"] for node in found["nodes"]))
    return "yes"


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
async def test_everybody_gets_what_the_table_says(case, client, people, rooms, admin):
    scene = Scene(people, rooms, admin)
    found = {}
    for number, actor in enumerate(ACTORS):
        somebody = await scene.set(actor)
        found[actor] = await ask(client, case, scene, somebody, number)
    assert found == case.expected


async def test_every_root_field_and_every_kind_of_node_is_in_the_table(client, people, rooms, admin):
    schema = client.answering.engine.schema._schema
    for kind in ("query", "mutation", "subscription"):
        fields = set(getattr(schema, f"{kind}_type").fields)
        assert {case.field for case in ALL if case.kind == kind} == fields
    scene = Scene(people, rooms, admin)
    await scene.set("member")
    asked = [Template(case.arguments).get_identifiers() for case in ALL if case.field == "node"]
    kinds = {split_id(scene.words[word])[0] for (word,) in asked}
    assert kinds == {type_.name for type_ in schema.get_possible_types(schema.get_type("Node"))}


def test_no_case_stands_twice():
    assert len({case.name for case in ALL}) == len(ALL)


def test_the_page_shows_the_tables():
    if os.environ.get("CROSSFADE_WRITE_DOCS") == "1":
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "CROSSFADE_WRITE_DOCS=1 writes it anew"
