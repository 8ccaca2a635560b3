"""What a client sends, on any transport: one object with a document, its variables and little else."""

from dataclasses import dataclass
from typing import Any

from kit.errors import BadInput


class Malformed(BadInput):
    """It does not have the shape of a request."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An object that has the shape of a request. There is a query, or a name for one."""

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any] | None


def sent_in(given: object) -> Sent:
    """Raises Malformed."""
    if not isinstance(given, dict):
        raise Malformed("A request is one JSON object; batches are not served.")
    query, document_id = _text(given, "query"), _text(given, "documentId")
    extensions = _object(given, "extensions")
    if not query and not document_id and not (extensions and "persistedQuery" in extensions):
        raise Malformed("Send the document as `query`, or its name as `documentId`.")
    name = _text(given, "operationName")
    return Sent(query or None, document_id or None, name or None, _object(given, "variables"), extensions)


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"`{name}` is a string.")
    return value


def _object(given: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = given.get(name)
    if value is not None and not isinstance(value, dict):
        raise Malformed(f"`{name}` is an object.")
    return value
