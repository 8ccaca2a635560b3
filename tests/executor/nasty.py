"""A schema in which everything goes wrong somewhere, the same way each time."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from executor.declare import COMPUTED_KEY, METADATA_KEY, Computed, Relation
from tests.executor.nasty_parts import (
    Colour,
    Context,
    Denied,
    Later,
    Mood,
    Moody,
    Owner,
    Rude,
    Shout,
    Sometimes,
    moody,
)

__all__ = ["Context", "Owner", "Sometimes", "nasty_schema", "thing"]


def relation(loader, key, type_, **more):
    async def resolve(parent: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        found = key(parent)
        if found is None:
            return None
        # graphql-core cancels the siblings of what takes a parent away, and with them what others wait for.
        return await asyncio.shield(getattr(info.context.loaders, loader).load(found))

    return strawberry.field(
        resolver=resolve, graphql_type=type_, metadata={METADATA_KEY: Relation(loader, key)}, **more
    )


def shouted(parent: strawberry.Parent[Any]) -> str:
    if parent.number % 9 == 8:
        raise ValueError("cannot shout")
    return f"{parent.number}!"


def all_shouted(parents):
    return [shouted(parent) for parent in parents]


@strawberry.type(name="Owner")
class OwnerType:
    name: str
    number: int
    friend = relation(
        "owners", lambda row: row.number + 1, Annotated["OwnerType", strawberry.lazy(__name__)] | None
    )
    shouted = strawberry.field(
        resolver=shouted, graphql_type=str | None, metadata={COMPUTED_KEY: Computed(all_shouted)}
    )


@strawberry.interface
class Named:
    name: str

    @strawberry.field
    def kind(self) -> str:
        return type(self).__name__


@strawberry.type
class Dog(Named):
    barks: bool | None = True
    friends: list[Annotated["Animal", strawberry.lazy(__name__)]] = strawberry.field(default_factory=list)


@strawberry.type
class Cat(Named):
    meows: str | None = "often"

    @strawberry.field
    async def nap(self, info: strawberry.Info) -> int:
        await asyncio.sleep(0)
        if self.meows is None:
            raise Rude("asleep")
        return len(info.path.as_list())


Animal = Annotated[Dog | Cat, strawberry.union("Animal")]


@strawberry.input
class Wish:
    text: str = "a wish"
    count: int | None = 2
    more: list["Wish"] | None = None


@strawberry.type
class Thing:
    number: int
    text: str
    maybe: str | None
    big: int
    maybe_big: int | None
    real: float
    flag: bool | None
    colour: Colour
    mood: Mood
    when: datetime
    key: uuid.UUID
    price: Decimal | None
    moody: Moody
    maybe_moody: Moody | None
    tags: list[str]
    holes: list[str | None] | None
    grid: list[list[int]]
    loose_grid: list[list[int | None] | None] | None
    child: Annotated["Thing", strawberry.lazy(__name__)] | None = None
    sure_child: Annotated["Thing", strawberry.lazy(__name__)] = None  # type: ignore[assignment]
    children: list[Annotated["Thing", strawberry.lazy(__name__)]] = strawberry.field(default_factory=list)
    holey_children: list[Annotated["Thing", strawberry.lazy(__name__)] | None] | None = None

    owner = relation("owners", lambda row: row.number, OwnerType | None)
    sure_owner = relation("owners", lambda row: row.number + 1, OwnerType)
    other_owner = relation("owners", lambda row: None if row.number % 2 else row.number, OwnerType | None)
    broken = relation("broken", lambda row: row.number, OwnerType | None)
    keyless = relation("owners", lambda row: row.no_such_thing, OwnerType | None)
    nowhere = relation("no_such_loader", lambda row: row.number, OwnerType | None)
    guarded_owner = relation(
        "owners", lambda row: row.number, OwnerType | None, permission_classes=[Sometimes]
    )
    late_owner = relation("owners", lambda row: row.number, OwnerType | None, extensions=[Later()])

    @strawberry.field
    def boom(self) -> str | None:
        raise Rude(f"boom {self.number}")

    @strawberry.field
    def sure_boom(self) -> str:
        if self.number % 4 == 1:
            raise Rude(f"sure boom {self.number}")
        return "fine"

    @strawberry.field
    async def late_boom(self) -> str:
        await asyncio.sleep(0.0001 * (self.number % 3))
        if self.number % 4 == 3:
            raise Rude(f"late boom {self.number}")
        return "fine"

    @strawberry.field
    def answers_error(self) -> str | None:
        return Rude("an answer")  # type: ignore[return-value]

    @strawberry.field(permission_classes=[Denied])
    def secret(self) -> str | None:
        return "secret"

    @strawberry.field(permission_classes=[Sometimes])
    def sure_secret(self) -> str:
        return "secret"

    @strawberry.field(extensions=[Shout()])
    def where(self, info: strawberry.Info, suffix: str = "a") -> str:
        return f"{info.field_name}.{'.'.join(map(str, info.path.as_list()))}.{suffix}"

    @strawberry.field
    def told(self, info: strawberry.Info) -> list[str]:
        chosen = [each.name for each in info.selected_fields]
        return [*chosen, info.field_name, str(info.return_type), str(sorted(info.variable_values))]

    @strawberry.field
    def asked(self, wish: Wish, colour: Colour = Colour.BLUE, numbers: list[int] | None = None) -> str:
        return f"{wish} {colour} {numbers}"

    @strawberry.field
    def awaitables(self) -> list[int | None]:
        async def one(number: int) -> int:
            await asyncio.sleep(0)
            if number == 2:
                raise Rude("two")
            return number

        return [one(number) for number in range(self.number % 4)]  # type: ignore[misc]

    @strawberry.field
    async def streamed(self) -> list[int]:
        async def numbers() -> AsyncIterator[int]:
            for number in range(3):
                await asyncio.sleep(0)
                if self.number % 5 == 4 and number == 2:
                    raise Rude("dried up")
                yield number

        return numbers()  # type: ignore[return-value]

    @strawberry.field
    def generated(self) -> list[str]:
        return (str(number) for number in range(2))  # type: ignore[return-value]

    @strawberry.field
    def not_a_list(self) -> list[str] | None:
        return "text"  # type: ignore[return-value]

    @strawberry.field
    def animal(self) -> Animal | None:
        return animal(self.number)

    @strawberry.field
    async def animals(self) -> list[Animal]:
        await asyncio.sleep(0)
        return [animal(number) for number in range(self.number % 6)]

    @strawberry.field
    def named(self) -> Named | None:
        return animal(self.number)

    @strawberry.field
    def misnamed(self) -> Named | None:
        return Owner(self.number)  # type: ignore[return-value]


def animal(number: int) -> Any:
    kinds = [Dog(name="Rex"), Cat(name="Tom"), Dog(name=None), Cat(name="Ann", meows=None), None, Owner(1)]  # type: ignore[arg-type]
    found = kinds[number % 6]
    if isinstance(found, Dog):
        found.friends = [Cat(name="Tom"), Dog(name="Bo", barks=None)]
    return found


def thing(source: random.Random, depth: int = 0) -> Thing:
    odd = source.random() < 0.15

    def either(usual: Any, *others: Any) -> Any:
        return source.choice(others) if odd and source.random() < 0.4 else usual

    made = Thing(
        number=source.randrange(60),
        text=either("text", None, 5, True, [], b"x"),
        maybe=source.choice(["maybe", None]),
        big=either(7, 2**40, "8", 1.5, True),
        maybe_big=source.choice([None, 3, either(3, 2**31)]),
        real=either(1.5, float("nan"), float("inf"), 2, "x"),
        flag=source.choice([True, None, either(False, 1, "yes")]),
        colour=either(Colour.RED, "blue", "green", None, []),
        mood=source.choice([Mood.GOOD, "bad", either("good", "ugly")]),
        when=either(datetime(2026, 1, 1, tzinfo=UTC), "yesterday", None),
        key=uuid.UUID(int=source.getrandbits(128)),
        price=source.choice([Decimal("1.10"), None]),
        moody=either("fine", "never", "refuses", None),
        maybe_moody=either("fine", "never", "refuses", None, []),
        tags=either(["a", "b"], ["a", None], [], None, ("t",), {"k": 1}),
        holes=source.choice([None, ["a", None], [either("b", 1.5, [])]]),
        grid=either([[1, 2], []], [[1, None]], [None], [[1], "x"]),
        loose_grid=source.choice([None, [None, [1, None, 2]], [[either(1, "x")]]]),
    )
    if depth < 2:
        made.child = thing(source, depth + 1) if source.random() < 0.6 else None
        made.sure_child = thing(source, depth + 1)
        made.children = [thing(source, depth + 1) for _ in range(source.randrange(3))]
        made.holey_children = [either(thing(source, depth + 1), None, Rude("item"), 5)] if odd else None
    return made


@strawberry.type
class Query:
    @strawberry.field
    async def things(self, seed: int = 0, count: int = 3) -> list[Thing] | None:
        return [thing(random.Random(f"{seed} {each}")) for each in range(count)]

    @strawberry.field
    def thing(self, info: strawberry.Info, seed: int = 0) -> Thing:
        return thing(random.Random(seed))

    @strawberry.field
    async def maybe_thing(self, seed: int = 0) -> Thing | None:
        return thing(random.Random(seed + 1)) if seed % 5 else None


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def write(self, info: strawberry.Info, number: int) -> Thing | None:
        info.context.log.append(f"begin {number}")
        await asyncio.sleep(0.0001 * (5 - number % 5))
        info.context.log.append(f"end {number}")
        return thing(random.Random(number)) if number % 4 else None

    @strawberry.mutation
    def sure_write(self, info: strawberry.Info, number: int) -> int:
        info.context.log.append(number)
        if number % 6 == 5:
            raise Rude("written in vain")
        return number


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def happened(self, seed: int = 0) -> AsyncIterator[Thing | None]:
        for each in range(3):
            yield thing(random.Random(seed + each)) if each else None


MOODY = {Moody: strawberry.scalar(name="Moody", serialize=moody, parse_value=lambda value: value)}


def nasty_schema(*extensions: Any) -> strawberry.Schema:
    class Quiet(strawberry.Schema):
        def process_errors(self, errors, execution_context=None):
            """Not into the log."""

    return Quiet(
        Query,
        Mutation,
        Subscription,
        types=[Dog, Cat],
        extensions=extensions,
        config=StrawberryConfig(scalar_map=MOODY),
    )
