"""What a caller can put right, as data."""

from datetime import datetime

import strawberry

from kit.errors import Problem, ProblemCode
from schema.enums import described

UserErrorCode = described(
    ProblemCode,
    "What a caller can put right. Clients must expect new values.",
    {
        "INVALID": "The value breaks a rule that the message names.",
        "TOO_SHORT": "Too short; see min.",
        "TOO_LONG": "Too long; see max.",
        "OUT_OF_RANGE": "Outside min and max.",
        "TAKEN": "Somebody has it already.",
        "ALREADY_DONE": "It is so already.",
        "LIMIT_REACHED": "A limit is reached; see max.",
        "QUOTA_EXCEEDED": "Today's quota is used; see retryAt.",
        "SLOW_MODE": "The room is slow; see retryAt.",
        "MUTED": "You may not speak here; see retryAt.",
        "BANNED": "You were sent away; see retryAt.",
        "NOT_A_MEMBER": "Join first.",
        "NOT_FOUND": "Not there, or not for you.",
        "VERSION_CONFLICT": "Somebody was faster; the payload holds what is there now.",
        "CLIENT_KEY_REUSED": "This clientKey was used for something else.",
        "WRONG_CREDENTIALS": "E-mail, password or code is wrong.",
        "EXPIRED": "The code or link is too old.",
        "EMAIL_NOT_VERIFIED": "Verify your address first.",
        "REAUTH_REQUIRED": "Connect the provider again.",
        "PROVIDER_FAILED": "The provider refused or is down.",
        "NOT_ENOUGH_DATA": "There is too little listening to do it.",
        "NOT_ALLOWED_NOW": "Not in this state.",
    },
    name="UserErrorCode",
)


@strawberry.type(description="One thing that the caller can put right, or tell the person.")
class UserError:
    code: ProblemCode = strawberry.field(description="For programs and for translation.")
    field: list[str] | None = strawberry.field(
        description='Path into the input, such as ["tracks", "3"]; null when it is none in particular.'
    )
    message: str = strawberry.field(description="One English sentence, safe to show.")
    min: int | None = strawberry.field(description="Smallest allowed.")
    max: int | None = strawberry.field(description="Largest allowed.")
    retry_at: datetime | None = strawberry.field(description="When it will work again.")


def user_error(problem: Problem) -> UserError:
    """The contract's form of a problem."""
    return UserError(
        code=problem.code,
        field=problem.field,
        message=problem.message,
        min=problem.min,
        max=problem.max,
        retry_at=problem.retry_at,
    )
