"""What the product says no with: refusals end an operation, problems are data that a person can put right."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum


class ErrorCode(StrEnum):
    """Codes of top-level errors; clients read them from `extensions.code`."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    RATE_LIMITED = "RATE_LIMITED"
    QUERY_TOO_COSTLY = "QUERY_TOO_COSTLY"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    TIMEOUT = "TIMEOUT"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class Refusal(Exception):  # noqa: N818 - a refusal is no fault of ours
    """A broken program or a missing right. Its sentence is safe to show."""

    code = ErrorCode.BAD_USER_INPUT

    def __init__(self, message: str, **extensions: object) -> None:
        super().__init__(message)
        self.message = message
        self.extensions = {"code": self.code.value, **extensions}


class BadInput(Refusal):
    """The request cannot mean anything: a malformed id, cursor or argument."""


class Unauthenticated(Refusal):
    """Nobody is signed in, or the token is no longer good."""

    code = ErrorCode.UNAUTHENTICATED


class Forbidden(Refusal):
    """Seen, but not for this person to do."""

    code = ErrorCode.FORBIDDEN


class NotFound(Refusal):
    """Not there, or not for this person to see: the same answer for both."""

    code = ErrorCode.NOT_FOUND


class RateLimited(Refusal):
    """Too often; `retryAt` says when again."""

    code = ErrorCode.RATE_LIMITED

    def __init__(self, message: str, retry_at: datetime) -> None:
        super().__init__(message, retryAt=retry_at.isoformat().replace("+00:00", "Z"))


class ProblemCode(StrEnum):
    """What a caller can put right. Clients must expect new values."""

    INVALID = "INVALID"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    TAKEN = "TAKEN"
    ALREADY_DONE = "ALREADY_DONE"
    LIMIT_REACHED = "LIMIT_REACHED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    SLOW_MODE = "SLOW_MODE"
    MUTED = "MUTED"
    BANNED = "BANNED"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    NOT_FOUND = "NOT_FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    CLIENT_KEY_REUSED = "CLIENT_KEY_REUSED"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    EXPIRED = "EXPIRED"
    EMAIL_NOT_VERIFIED = "EMAIL_NOT_VERIFIED"
    REAUTH_REQUIRED = "REAUTH_REQUIRED"
    PROVIDER_FAILED = "PROVIDER_FAILED"
    NOT_ENOUGH_DATA = "NOT_ENOUGH_DATA"
    NOT_ALLOWED_NOW = "NOT_ALLOWED_NOW"


class Problem(Exception):  # noqa: N818 - data for the caller, raised so that a write ends where it stands
    """One thing that the caller can put right; the payload's `userErrors` carries it."""

    def __init__(
        self,
        code: ProblemCode,
        message: str,
        *,
        field: Sequence[str] | None = None,
        min: int | None = None,
        max: int | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = list(field) if field is not None else None
        self.min = min
        self.max = max
        self.retry_at = retry_at


class Problems(Exception):  # noqa: N818 - see Problem
    """Several at once: all that is wrong with one input."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = list(problems)
