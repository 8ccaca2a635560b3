"""Asking a gateway over HTTP."""

from datetime import timedelta
from typing import Any

import httpx

from kit.clock import now
from resolvers.context import Services
from tests.factories.identity import Person

ME = "{ viewer { user { username } } }"


def token_of(services: Services, person: Person, *, age: timedelta = timedelta()) -> str:
    """An access token of the person's session, as it was issued that long ago."""
    assert person.session_id is not None
    return services.access_tokens.issue(person.id, person.session_id, now() - age).value


def bearer(token: str | None) -> dict[str, str]:
    """The header."""
    return {} if token is None else {"authorization": f"Bearer {token}"}


async def post(
    http: httpx.AsyncClient, query: str, variables: Any = None, *, token: str | None = None, **headers: str
) -> httpx.Response:
    """One operation."""
    body = {"query": query, "variables": variables}
    return await http.post("/graphql", json=body, headers={**bearer(token), **headers})


def codes(answer: httpx.Response) -> list[str]:
    """Of its top-level errors."""
    return [error["extensions"]["code"] for error in answer.json().get("errors", ())]
