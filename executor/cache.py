"""Documents that were parsed and found valid, with their plans: as many as the bound, the latest used."""

from collections import OrderedDict
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
        self._steering = steering_names(document)
        self._operations: Latest[str | None, Operation] = Latest(MOST_VARIANTS)
        self._plans: Latest[Any, Plan | NotPlanned] = Latest(MOST_VARIANTS)

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
        found = self._plans.get(key) or self._plans.keep(key, self._compiled(schema, name, steering, is_open))
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


class PlanCache(Latest[str, Valid]):
    """Valid documents of one schema by their text. Only who has validated a document keeps it here."""
