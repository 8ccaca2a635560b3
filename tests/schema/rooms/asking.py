"""The operations of rooms, as tests ask them."""

from typing import Any
from uuid import UUID, uuid4

from tests.client import Answer, Client
from tests.factories.identity import Person
from tests.factories.rooms import Place

MESSAGE = """id cursor content editedAt deletedAt clientKey replyCount author { username }
  replyTo { id content } reactions { emoji count viewerHasReacted }"""
STREAM = """subscription($id: ID!, $after: Cursor) { roomEvents(roomId: $id, after: $after) { __typename
  ... on StreamEvent { cursor originKey } ... on StreamReady { isReplaying } ... on StreamEnded { reason }
  ... on MessageAdded { messageEdge { cursor node { id content } } }
  ... on MessageChanged { messageChange message { id content replyCount } }
  ... on RoomChanged { room { name } }
  ... on MemberChanged { memberChange user { username displayName } member { role } memberCount } } }"""


async def change(client: Client, name: str, given: dict[str, Any], wanted: str, as_: Person | None) -> Any:
    """A mutation's payload; top-level errors fail the test."""
    answer = await mutate(client, name, given, wanted, as_)
    assert answer.errors == []
    return answer.data[name]


async def mutate(client: Client, name: str, given: dict[str, Any], wanted: str, as_: Person | None) -> Answer:
    """A mutation, whatever comes."""
    document = f"""mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {wanted}
      userErrors {{ code field message min max retryAt }} }} }}"""
    return await client.query(document, {"input": given}, as_=as_)


async def send(
    client: Client, place: Place, as_: Person, content: str = "Hello", *, key: UUID | None = None, **more: Any
) -> Any:
    """The payload of sendMessage."""
    given = {"roomId": place.gid, "content": content, "clientKey": str(key or uuid4()), **more}
    return await change(client, "sendMessage", given, f"edge {{ cursor node {{ {MESSAGE} }} }}", as_)


async def say(client: Client, place: Place, as_: Person, content: str = "Hello", **more: Any) -> Any:
    """The message, sent."""
    payload = await send(client, place, as_, content, **more)
    assert payload["userErrors"] == []
    return payload["edge"]["node"]


def codes(payload: Any) -> list[str]:
    """Of what the caller can put right."""
    return [error["code"] for error in payload["userErrors"]]
