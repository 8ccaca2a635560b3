"""Access tokens of the first people of the data set, good for as long as a run may take."""

from datetime import timedelta
from uuid import UUID

from bench.operations import PEOPLE, uid
from kit.clock import now
from services.identity.tokens import AccessTokens

SECRET = "only for a bench, and long enough for it"  # noqa: S105 - of servers that end with the run
LIFETIME = timedelta(hours=12)


def tokens(people: int = PEOPLE) -> dict[int, str]:
    """By number. Nobody has ended these sessions, which is all that a gateway asks of one."""
    made = AccessTokens(SECRET, LIFETIME)
    return {
        number: made.issue(UUID(uid(1, number)), UUID(uid(8, number)), now()).value
        for number in range(1, people + 1)
    }
