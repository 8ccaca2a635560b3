"""Only fields whose names begin with `viewer` depend on who asks: two people ask all others and compare.

What is asked is made from the schema, so that a new field is asked too, and a field that had no value in any
answer fails the test: then the rooms and people below must show one.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from executor.engine import Prepared
from gateway.transport import fanout, member, telling
from kit.settings import Settings
from resolvers.streams import stream_cursors
from services.events import room_topic
from tests.client import Answer, Client
from tests.factories.identity import Person
from tests.factories.rooms import Place

NOT_SHARED = {"Query", "Mutation", "Subscription", "Viewer"}
NO_LIST = {"node", "nodes"}
"""They reach nothing that other fields do not reach, save what is private."""
ALWAYS_NULL = {
    "StreamReady.originKey": "no write caused it",
    "StreamGap.originKey": "no write caused it",
    "StreamEnded.originKey": "no write caused it",
    "RoomChanged.originKey": "its mutations have no clientKey",
    "MemberChanged.originKey": "its mutations have no clientKey",
    "UserConnection.totalCount": "what a search finds is not counted",
}
MOMENT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Room for documents that ask for everything at once."""
    return settings.model_copy(update={"max_tokens": 1_000_000, "max_depth": 100})


@dataclass
class Scene:
    """A public room that its owner sees, and somebody who is not in it."""

    client: Client
    room: Place
    owner: Person
    stranger: Person
    newcomer: Person

    @property
    def graphql(self) -> GraphQLSchema:
        return self.client.answering.engine.schema._schema

    @property
    def arguments(self) -> dict[str, str]:
        """Of root fields that need some."""
        return {
            "room": f'(id: "{self.room.gid}")',
            "roomEvents": f'(roomId: "{self.room.gid}", after: $after)',
            "user": '(by: { username: "ada" })',
            "users": '(query: "ad")',
        }

    async def do(self, mutation: str, as_: Person, *, wants: str = "", **input: Any) -> Any:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
        asked = f"{mutation}(input: $input) {{ userErrors {{ code message }} {wants} }}"
        answer = await self.client.query(
            f"mutation ($input: {kind}) {{ {asked} }}", {"input": input}, as_=as_
        )
        assert (answer.errors, answer.data[mutation]["userErrors"]) == ([], [])
        return answer.data[mutation]

    async def send(self, author: Person, content: str, **more: Any) -> str:
        """The id of the message."""
        said = {"roomId": self.room.gid, "content": content, "clientKey": str(uuid4()), **more}
        sent = await self.do("sendMessage", author, wants="edge { node { id } }", **said)
        found: str = sent["edge"]["node"]["id"]
        return found


@pytest.fixture
async def scene(client, people, rooms, admin) -> Scene:
    """Every field of the room, its members and messages has a value; both who ask have left their traces."""
    ada = await people.signed_in("ada")
    newcomer, stranger = await people.signed_in("cleo"), await people.signed_in("dora")
    room = await rooms.room(ada, name="Ambient")
    made = Scene(client, room, ada, stranger, newcomer)
    await made.do("updateRoom", ada, roomId=room.gid, description="Without drums")
    await made.do("joinRoom", newcomer, roomId=room.gid)
    await made.do("joinRoom", stranger, roomId=room.gid)
    first = await made.send(ada, "Hello")
    await made.do("react", ada, messageId=first, emoji="🎵")
    await made.do("react", newcomer, messageId=first, emoji="🎵")
    await made.do("editMessage", ada, messageId=first, content="Hello all")
    answer = await made.send(newcomer, "Hi Ada", replyToId=first)
    await made.do("deleteMessage", newcomer, messageId=answer)
    last = await made.send(newcomer, "What do you hear?", replyToId=first)
    await made.do("react", stranger, messageId=last, emoji="🥁")
    await made.send(stranger, "Rain", replyToId=last)
    await made.do("leaveRoom", stranger, roomId=room.gid)
    await made.do("markRead", ada, roomId=room.gid, messageId=last)
    await admin.execute(
        "update room_members set muted_until = now() + interval '1 hour' where role = 'member'"
    )
    return made


# What there is to ask


def is_shared(name: str) -> bool:
    return not name.startswith("viewer")


def members(type_: Any) -> list[GraphQLObjectType]:
    """The object types behind a type; none for leaves, and none for what is not shared."""
    named: Any = get_named_type(type_)
    found = named.types if isinstance(named, GraphQLUnionType) else [named]
    return [
        each
        for each in found
        if isinstance(each, GraphQLObjectType)
        and each.name not in NOT_SHARED
        and not each.name.endswith("Payload")
    ]


def shared_roots(schema: GraphQLSchema) -> dict[str, dict[str, GraphQLField]]:
    assert schema.query_type
    assert schema.subscription_type
    queries = schema.query_type.fields.items()
    return {
        "query": {name: field for name, field in queries if is_shared(name) and name not in NO_LIST},
        "subscription": schema.subscription_type.fields,
    }


def shared_types(schema: GraphQLSchema) -> set[GraphQLObjectType]:
    """Whatever can be reached without passing through what is the viewer's."""
    open_ = [
        type_
        for fields in shared_roots(schema).values()
        for f in fields.values()
        for type_ in members(f.type)
    ]
    found: set[GraphQLObjectType] = set()
    while open_:
        type_ = open_.pop()
        if type_ not in found:
            found.add(type_)
            open_ += [far for name, f in type_.fields.items() if is_shared(name) for far in members(f.type)]
    return found


def selection(type_: Any, path: tuple[str, ...] = ()) -> str:
    """All shared fields, down to where a type comes round again."""
    return " ".join(
        ["__typename", *(f"... on {each.name} {{ {fields(each, path)} }}" for each in members(type_))]
    )


def fields(type_: GraphQLObjectType, path: tuple[str, ...]) -> str:
    if type_.name in path:
        return "id" if "id" in type_.fields else "__typename"
    asked = []
    for name, field in type_.fields.items():
        if not is_shared(name):
            continue
        assert not any(map(is_required_argument, field.args.values())), f"{type_}.{name} needs arguments here"
        is_leaf = is_leaf_type(get_named_type(field.type))
        if is_leaf or members(field.type):
            asked.append(name if is_leaf else f"{name} {{ {selection(field.type, (*path, type_.name))} }}")
    return " ".join(asked)


def shown(answer: Any) -> Iterator[str]:
    """Each Type.field that has a value somewhere in the answer."""
    if isinstance(answer, list):
        for item in answer:
            yield from shown(item)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if "__typename" in answer and value not in (None, []):
                yield f"{answer['__typename']}.{name}"
            yield from shown(value)


# Asking it


async def whole(scene: Scene, as_: Person) -> list[Any]:
    """Every root field with everything that hangs on it."""
    found = []
    for name, field in shared_roots(scene.graphql)["query"].items():
        document = f"{{ {name}{scene.arguments.get(name, '')} {{ {selection(field.type)} }} }}"
        answer = await scene.client.query(document, as_=as_)
        assert answer.errors == []
        found.append(answer.data[name])
    return found


@asynccontextmanager
async def stream(scene: Scene, name: str, after: int, as_: Person) -> AsyncIterator[AsyncIterator[Answer]]:
    asked = selection(shared_roots(scene.graphql)["subscription"][name].type)
    document = f"subscription ($after: Cursor) {{ it: {name}{scene.arguments[name]} {{ {asked} }} }}"
    cursor = stream_cursors(room_topic(scene.room.id)).at(after)
    async with scene.client.subscribe(document, {"after": cursor}, as_=as_) as answers:
        yield answers


async def told(answers: AsyncIterator[Answer], number: int) -> list[Any]:
    """The next events."""
    found = []
    for _ in range(number):
        answer = await anext(answers)
        assert answer.errors == []
        found.append(answer.data["it"])
    return found


@pytest.fixture
async def heard(scene, admin, monkeypatch) -> dict[str, list[Any]]:
    """All that the owner and the stranger are told, in the order in which it was asked."""
    for module in (fanout, member, telling):
        monkeypatch.setattr(module, "now", lambda: MOMENT)
    monkeypatch.setattr(Prepared, "shared", lambda *_: None)  # each by themselves: that is what is compared
    assert set(shared_roots(scene.graphql)["subscription"]) == {"roomEvents"}, "listen to the others, too"
    two = (scene.owner, scene.stranger)
    found = {person.username: await whole(scene, person) for person in two}
    happened = await admin.fetchval("select seq from topics where topic = $1", room_topic(scene.room.id))
    async with AsyncExitStack() as stack:
        live = {}
        for person in two:
            gone = await stack.enter_async_context(stream(scene, "roomEvents", happened + 1, person))
            found[person.username] += await told(gone, len(["StreamReady", "StreamGap"]))
            live[person.username] = await stack.enter_async_context(stream(scene, "roomEvents", 0, person))
            found[person.username] += await told(live[person.username], 1 + happened)
        await scene.do("deleteRoom", scene.owner, roomId=scene.room.gid)
        for person in two:
            found[person.username] += await told(live[person.username], len(["StreamEnded"]))
    return found


async def test_two_people_are_told_the_same(heard, scene):
    roots = list(shared_roots(scene.graphql)["query"])
    owner, stranger = heard["ada"], heard["dora"]
    assert [root for root, one, other in zip(roots, owner, stranger, strict=False) if one != other] == []
    assert owner == stranger


async def test_every_shared_field_was_told_with_a_value(heard, scene):
    asked = {
        f"{type_.name}.{name}"
        for type_ in shared_types(scene.graphql)
        for name, field in type_.fields.items()
        if is_shared(name) and (is_leaf_type(get_named_type(field.type)) or members(field.type))
    }
    assert asked - set(shown(heard["ada"])) == set(ALWAYS_NULL)
    assert len(asked) >= 100
