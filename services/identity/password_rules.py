"""What a new password must not be: too short, too long, or one of the first that are tried."""

import re

from kit.errors import Problem, ProblemCode
from services.identity.words import words

SHORTEST = 10
LONGEST = 200

_COMMON = frozenset(words("common_passwords"))
_NEVER = re.compile(r"[\x00\ud800-\udfff]")
_ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6y7u8i9o0p",
)
_RUNS = _ROWS + tuple(row[::-1] for row in _ROWS)
_LONGEST_UNIT = 4


def check_password(
    password: str, *, email: str | None = None, username: str | None = None, field: str = "password"
) -> str:
    """The password, as it came. Raises Problem TOO_SHORT, TOO_LONG or INVALID. Lengths are in code points."""
    if len(password) > LONGEST:
        raise _problem(ProblemCode.TOO_LONG, f"This is longer than {LONGEST} characters.", field)
    if _NEVER.search(password):
        raise _problem(ProblemCode.INVALID, "This holds a character that a password cannot hold.", field)
    if len(password) < SHORTEST:
        raise _problem(ProblemCode.TOO_SHORT, f"This is shorter than {SHORTEST} characters.", field)
    if _is_easy(password.casefold()):
        message = "This is among the first passwords that are tried. Choose another."
        raise _problem(ProblemCode.INVALID, message, field)
    if password.casefold() in _own_names(email, username):
        raise _problem(ProblemCode.INVALID, "Your password must not be your name or address.", field)
    return password


def _is_easy(password: str) -> bool:
    return password in _COMMON or _is_repeated(password) or any(password in run for run in _RUNS)


def _is_repeated(password: str) -> bool:
    """Whether it is the same few characters over and over."""
    length = len(password)
    return any((password[:unit] * length)[:length] == password for unit in range(1, _LONGEST_UNIT + 1))


def _own_names(email: str | None, username: str | None) -> set[str]:
    address = (email or "").strip().casefold()
    return {address, address.rpartition("@")[0], (username or "").strip().casefold()}


def _problem(code: ProblemCode, message: str, field: str) -> Problem:
    return Problem(code, message, field=[field], min=SHORTEST, max=LONGEST)
