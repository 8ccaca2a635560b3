"""What signing up and changing a profile ask for: everything that is wrong, told at once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from kit.errors import Problem, Problems
from kit.text import CONTROLS, clean_line
from services.identity.claims import ExternalClaims
from services.identity.emails import clean_email
from services.identity.password_rules import check_password
from services.identity.usernames import clean_username

T = TypeVar("T")

LONGEST_DISPLAY_NAME = 80


@dataclass(frozen=True, slots=True)
class SignUp:
    """A sign-up fit to be kept. A name that is None was left out: invent it, or show the user name."""

    email: str
    password: str
    username: str | None
    display_name: str | None


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """The new names; None leaves one as it is."""

    username: str | None
    display_name: str | None


def check_sign_up(
    *, email: str, password: str, username: str | None = None, display_name: str | None = None
) -> SignUp:
    """Raises Problems with a field path for each."""
    problems: list[Problem] = []
    clean_address = _kept(problems, partial(clean_email, email))
    _kept(problems, partial(check_password, password, email=email, username=username))
    profile = _names(problems, username, display_name)
    if clean_address is None or problems:
        raise Problems(problems)
    return SignUp(clean_address, password, profile.username, profile.display_name)


def check_profile(*, username: str | None = None, display_name: str | None = None) -> ProfileChange:
    """Raises Problems with a field path for each."""
    problems: list[Problem] = []
    change = _names(problems, username, display_name)
    if problems:
        raise Problems(problems)
    return change


def clean_display_name(value: str, field: str = "displayName") -> str:
    """1 to 80 characters on one line, trimmed. Raises Problem."""
    return clean_line(value, field, 1, LONGEST_DISPLAY_NAME)


def display_name_from(claims: ExternalClaims) -> str | None:
    """What the issuer calls the person, cut to size; None where that is nothing, or an e-mail address."""
    name = CONTROLS.sub("", claims.full_name or "")[:LONGEST_DISPLAY_NAME]
    if "@" in name:
        return None
    try:
        return clean_display_name(name)
    except Problem:
        return None


def _names(problems: list[Problem], username: str | None, display_name: str | None) -> ProfileChange:
    return ProfileChange(
        None if username is None else _kept(problems, partial(clean_username, username)),
        None if display_name is None else _kept(problems, partial(clean_display_name, display_name)),
    )


def _kept(problems: list[Problem], check: Callable[[], T]) -> T | None:
    try:
        return check()
    except Problem as problem:
        problems.append(problem)
        return None
