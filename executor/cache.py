"""Documents that were parsed and found valid, with their plans: as many as the bound, the latest used."""

import sys
from collections import OrderedDict
from collections.abc import Callable, KeysView
from typing import Any, Generic, TypeVar

import strawberry
from graphql import DocumentNode
from graphql.execution.values import VariableValues

from executor.compiler import IsOpen, NotPlanned, compile_plan
from executor.operation import Operation, operation_of, steering_names
from executor.plan import Plan

K = TypeVar("K")
V = TypeVar("V")
MOST_VARIANTS = 16
"""Plans of one document: by operation name and the values in @skip and @include, which a client chooses."""
TOKEN_BYTES = 480
"""What a token of a document takes in its tree, and again in each of its plans (measured; see test_cache)."""
DOCUMENT_BYTES = 40 * 1024
"""What a kept document may take on average; larger ones leave room for fewer."""


class Latest(Generic[K, V]):
    """A mapping of the entries that were used last."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """What is kept, which is now the latest used."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def peek(self, key: K) -> V | None:
        """What is kept, which is not used by that."""
        return self._entries.get(key)

    def keys(self) -> KeysView[K]:
        """Of what is kept."""
        return self._entries.keys()

    def drop(self) -> K:
        """Let go of the one that was not used for longest. Raises KeyError where there is none."""
        return self._entries.popitem(last=False)[0]

    def keep(self, key: K, value: V) -> V:
        """What was kept already, or this; the one that was not used for longest makes room."""
        kept = self._entries.setdefault(key, value)
        if len(self._entries) > self.bound:
            self._entries.popitem(last=False)
        return kept


class Valid:
    """A document that passed validation, and what it was compiled to."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.has_grown: Callable[[], None] = lambda: None
        """Called when another plan has been made."""
        self._token_count = _token_count(document)
        self._steering = steering_names(document)
        self._operations: Latest[str | None, Operation] = Latest(MOST_VARIANTS)
        self._plans: Latest[Any, Plan | NotPlanned] = Latest(MOST_VARIANTS)

    @property
    def size(self) -> int:
        """Bytes, about."""
        return TOKEN_BYTES * self._token_count * (1 + len(self._plans))

    def operation(self, schema: strawberry.Schema, name: str | None) -> Operation:
        """The operation of that name. Raises GraphQLError."""
        found = self._operations.get(name)
        if found is None:
            operation = operation_of(schema._schema, self.document, name)  # noqa: SLF001 - it has no other name
            found = self._operations.keep(name, operation)
        return found

    def plan(
        self,
        schema: strawberry.Schema,
        name: str | None,
        variables: VariableValues,
        is_open: IsOpen | None = None,
    ) -> Plan:
        """Compiled where it is not yet. Raises NotPlanned."""
        steering = {each: variables.coerced.get(each) for each in self._steering}
        key = (name, is_open, *steering.values())
        found = self._plans.get(key)
        if found is None:
            found = self._plans.keep(key, self._compiled(schema, name, steering, is_open))
            self.has_grown()
        if isinstance(found, NotPlanned):
            raise NotPlanned(found.reason)
        return found

    def _compiled(
        self, schema: strawberry.Schema, name: str | None, steering: dict[str, Any], is_open: IsOpen | None
    ) -> Plan | NotPlanned:
        try:
            return compile_plan(schema, self.document, name, steering, is_open)
        except NotPlanned as refusal:
            return NotPlanned(refusal.reason)


def _token_count(document: DocumentNode) -> int:
    count, token = 0, document.loc.start_token if document.loc else None
    while token is not None:
        count, token = count + 1, token.next
    return count


class PlanCache:
    """Valid documents of one schema by their text: so many, and no more memory than so many should take.

    Only who has validated a document keeps it here.
    """

    def __init__(self, bound: int) -> None:
        self.size = 0
        """Bytes, about."""
        self._documents: Latest[str, Valid] = Latest(bound)
        self._sizes: dict[str, int] = {}
        self._most = bound * DOCUMENT_BYTES

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, text: str) -> Valid | None:
        """What is kept, which is now the latest used."""
        return self._documents.get(text)

    def keep(self, text: str, valid: Valid) -> Valid:
        """What was kept already, or this; those that were not used for longest make room."""
        kept = self._documents.keep(text, valid)
        if kept is valid:
            valid.has_grown = lambda: self._weigh(text, valid)
        self._weigh(text, kept)
        return kept

    def _weigh(self, text: str, valid: Valid) -> None:
        if self._documents.peek(text) is not valid:
            return  # it has made room meanwhile
        size = sys.getsizeof(text) + valid.size
        self.size += size - self._sizes.get(text, 0)
        self._sizes[text] = size
        for gone in self._sizes.keys() - self._documents.keys() if len(self._sizes) > len(self) else ():
            self.size -= self._sizes.pop(gone)
        while self.size > self._most and len(self) > 1:
            self.size -= self._sizes.pop(self._documents.drop())
