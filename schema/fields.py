"""The declarations of the schema: an id, a relation, a connection, a payload, a mutation in one line each."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, TypeVar, dataclass_transform

import strawberry
from strawberry import UNSET
from strawberry.permission import BasePermission

from executor.declare import COMPUTED_KEY, METADATA_KEY, Computed, Relation, is_row
from kit.errors import Problem, Problems
from kit.ids import global_id, global_ids
from kit.pages import Page, page_args
from resolvers.context import Info
from schema.errors import UserError, user_error
from schema.pages import Connection
from schema.permissions import SignedIn

T = TypeVar("T")
Resolver = Callable[..., Awaitable[Any]]
Door = Sequence[type[BasePermission]]

PAGE_ARGUMENTS: dict[str, Any] = {
    "first": Annotated[
        int | None, strawberry.argument(description="At most this many from the front, 1 to 100.")
    ],
    "after": Annotated[str | None, strawberry.argument(description="Only what follows this cursor.")],
    "last": Annotated[
        int | None, strawberry.argument(description="At most this many from the back, 1 to 100.")
    ],
    "before": Annotated[str | None, strawberry.argument(description="Only what precedes this cursor.")],
}


def node_id(kind: str, *columns: str) -> Any:
    """The global id of a row whose key is `columns`."""

    def resolve(row: strawberry.Parent[Any]) -> str:
        return global_id(kind, *(getattr(row, column) for column in columns))

    def resolve_all(rows: Sequence[Any]) -> list[str]:
        if len(columns) > 1:
            return [resolve(row) for row in rows]
        return global_ids(kind, map(attrgetter(columns[0]), rows))

    return strawberry.field(
        resolver=resolve,
        graphql_type=strawberry.ID,
        description="Opaque, stable, URL-safe identifier.",
        metadata={COMPUTED_KEY: Computed(resolve_all)},
    )


def relation(loader: str, key: str | Callable[[Any], Any], type_: Any, description: str) -> Any:
    """A field that is one load: by a column of the parent, or by what `key` makes of the parent."""
    key_of: Callable[[Any], Any] = attrgetter(key) if isinstance(key, str) else key

    async def resolve(parent: strawberry.Parent[Any], info: Info) -> Any:
        found = key_of(parent)
        return None if found is None else await getattr(info.context.loaders, loader).load(found)

    return strawberry.field(
        resolver=resolve,
        graphql_type=type_,
        description=description,
        metadata={METADATA_KEY: Relation(loader, key_of)},
    )


def connection(node: Any, resolver: Resolver, description: str, *, door: Door = ()) -> Any:
    """A Relay connection. `resolver` takes `page: PageArgs`, and what else it names becomes an argument."""
    own = inspect.signature(resolver)

    async def resolve(*args: Any, info: Info, **kwargs: Any) -> Page[Any]:
        given = {name: value for name, value in kwargs.items() if value is not UNSET}
        asked = {name: given.pop(name, None) for name in PAGE_ARGUMENTS}
        most = info.context.services.settings.max_page_size
        return await resolver(*args, info=info, page=page_args(**asked, most=most), **given)  # type: ignore[no-any-return]

    _give_signature(resolve, own, PAGE_ARGUMENTS)
    return strawberry.field(
        resolver=resolve,
        graphql_type=Connection[node],
        description=description,
        permission_classes=list(door),
    )


def _give_signature(function: Any, own: inspect.Signature, added: Mapping[str, Any]) -> None:
    """Make `function` look like `own` with `added` instead of `page`; what may be null may be left out."""
    kept = [_optional(parameter) for name, parameter in own.parameters.items() if name != "page"]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=UNSET, annotation=annotation)
        for name, annotation in added.items()
    ]
    function.__signature__ = own.replace(parameters=[*kept, *more])
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in (*kept, *more)}


def _optional(parameter: inspect.Parameter) -> inspect.Parameter:
    return parameter.replace(default=UNSET) if parameter.default is None else parameter


@dataclass_transform(kw_only_default=True)
def payload(description: str) -> Callable[[type[T]], type[T]]:
    """A mutation's payload: the fields of the class, then `userErrors`."""

    def decorate(cls: type[T]) -> type[T]:
        cls.__annotations__["user_errors"] = list[UserError]
        cls.user_errors = strawberry.field(  # type: ignore[attr-defined]  # the class is being made
            description="What the caller can put right; empty on success."
        )
        return strawberry.type(cls, description=description)

    return decorate


class Outcome:
    """What a mutation came to: a result whose attributes are the payload's fields, or what was wrong."""

    def __init__(self, result: Any, user_errors: Sequence[UserError] = ()) -> None:
        self._result = result
        self.user_errors = user_errors

    def __getattr__(self, name: str) -> Any:
        return None if self._result is None else getattr(self._result, name)


def mutation(
    resolver: Resolver,
    payload: Any,
    description: str,
    *,
    input: Any = None,
    door: Door = (SignedIn,),
) -> Any:
    """One input, one payload. `resolver` takes the input's fields; those left out are not passed on."""

    async def resolve(info: Info, input: Any = None) -> Any:
        given = {name: value for name, value in vars(input).items() if value is not UNSET} if input else {}
        try:
            return Outcome(await resolver(info, **given))
        except Problems as several:
            return Outcome(None, [user_error(problem) for problem in several.problems])
        except Problem as problem:
            return Outcome(None, [user_error(problem)])

    if input is None:
        resolve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # functions may have one
            [inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info)]
        )
        resolve.__annotations__ = {"info": Info}
    else:
        described_input = Annotated[input, strawberry.argument(description="What to do.")]
        resolve.__annotations__ = {"info": Info, "input": described_input}
        resolve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # functions may have one
            [
                inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)
                for name, annotation in resolve.__annotations__.items()
            ]
        )
    return strawberry.mutation(
        resolver=resolve, graphql_type=payload | None, description=description, permission_classes=list(door)
    )


def row_type(row: type, description: str) -> Callable[[type[T]], type[T]]:
    """An object type whose values are rows of one class: that is how interfaces and unions know them."""

    def decorate(cls: type[T]) -> type[T]:
        cls.is_type_of = classmethod(is_row(row))  # type: ignore[attr-defined]  # strawberry looks for it
        cls.__row__ = row  # type: ignore[attr-defined]  # a guard compares the two
        return strawberry.type(cls, description=description)

    return decorate
