"""Which way a field's values may be read: only where nothing that stands around its resolver is left out."""

import inspect
from collections.abc import Callable
from typing import Any

import strawberry
from graphql import GraphQLField, default_field_resolver
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from executor.declare import COMPUTED_KEY, METADATA_KEY, Computed, Relation
from executor.fields import Attribute, Informed, Plain, Reader, Resolved, Whole
from executor.info import FieldFacts, ResolveInfo
from executor.relations import Related

DEFINITION = "strawberry-definition"


def definition_of(field: GraphQLField) -> StrawberryField | None:
    """Strawberry's own description of a field, where it has one."""
    found = field.extensions.get(DEFINITION)
    return found if isinstance(found, StrawberryField) else None


class Ways:
    """How fields of one schema are read."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.default = schema.config.default_resolver
        self._info_class = schema.config.info_class
        self._has_handlers = bool(schema.schema_converter._exception_handler_specs)  # noqa: SLF001 - pinned

    def is_attribute(self, field: GraphQLField) -> bool:
        """Whether the field is what the default resolver reads, and nothing else."""
        definition = definition_of(field)
        return definition is not None and self._is_bare(definition) and definition.is_basic_field

    def reader(self, field: GraphQLField, facts: FieldFacts) -> Reader:
        """The shortest way that leaves nothing out."""
        definition = definition_of(field)
        if definition is None or not self._is_bare(definition):
            return Resolved(field, field.resolve or default_field_resolver, facts)
        if definition.is_basic_field:
            return Attribute(definition.python_name, self.default)
        declared = definition.metadata.get(METADATA_KEY)
        if isinstance(declared, Relation):
            return Related(declared)
        one_by_one = self._direct(definition, facts) or Resolved(field, _resolve_of(field), facts)
        computed = definition.metadata.get(COMPUTED_KEY)
        return Whole(computed.column, one_by_one) if isinstance(computed, Computed) else one_by_one

    def _is_bare(self, definition: StrawberryField) -> bool:
        """Nothing stands around the resolver: no permission, no extension, no handler, no stream."""
        return not (
            definition.extensions
            or definition.permission_classes
            or definition.is_subscription
            or self._has_handlers
            or type(definition).get_result is not StrawberryField.get_result
        )

    def _direct(self, definition: StrawberryField, facts: FieldFacts) -> Reader | None:
        """For a resolver without arguments of its own: the function itself."""
        resolver = definition.base_resolver
        if resolver is None or definition.arguments or not callable(resolver.wrapped_func):
            return None
        informed = _called(resolver)
        if informed is None:
            return None
        if resolver.info_parameter is None:
            return Plain(informed)

        def make_info(info: ResolveInfo) -> Any:
            return self._info_class(_raw_info=info, _field=definition)  # type: ignore[arg-type]  # has all that it has

        return Informed(informed, facts, make_info)


def _resolve_of(field: GraphQLField) -> Callable[..., Any]:
    assert field.resolve is not None  # noqa: S101 - strawberry gives each field one
    return field.resolve


def _called(resolver: StrawberryResolver[Any]) -> Callable[..., Any] | None:
    """The resolver's function of its parent, and its info where it takes one; None for unusual signatures."""
    function: Callable[..., Any] = resolver.wrapped_func  # type: ignore[assignment]  # see the caller
    parents = (resolver.self_parameter, resolver.parent_parameter, resolver.root_parameter)
    parameters = list(resolver.signature.parameters.values())
    if any(each.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD for each in parameters):
        return None
    match ["info" if each is resolver.info_parameter else each in parents for each in parameters]:
        case []:
            return lambda _parent: function()
        case ["info"]:
            return lambda _parent, info: function(info)
        case ["info", True]:
            return lambda parent, info: function(info, parent)
        case [True] | [True, "info"]:
            return function
    return None
