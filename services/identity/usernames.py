"""User names: which are good, which are taken for one another, and how one is found for who brings none."""

import re
import unicodedata
from random import Random

from kit.errors import Problem, ProblemCode
from kit.text import CONTROLS, INVISIBLE
from services.identity.claims import ExternalClaims
from services.identity.confusables import fold, look
from services.identity.words import words

SHORTEST = 3
LONGEST = 50

_ADJECTIVES = words("adjectives")
_ANIMALS = words("animals")
_SEPARATORS = "._-"
_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"})
_TWO_SEPARATORS = re.compile(r"[._-]{2,}")
_MOST_MARKS = 3
# A character may be spelt by as many as this before it is composed.
_LONGEST_TYPED = 4 * LONGEST


def username_key(name: str) -> str:
    """What must be unique: equal for names that differ in case, width, composition or look-alikes only.

    Folded together, over Unicode's own data: 0 and o; 1, l and i. May be longer than the name.
    """
    return fold(name)


def clean_username(value: str, field: str = "username") -> str:
    """The name as it is kept and shown: trimmed, NFKC. Raises Problem TOO_SHORT, TOO_LONG or INVALID."""
    typed = value.strip()
    if len(typed) > _LONGEST_TYPED:
        raise _problem(ProblemCode.TOO_LONG, f"This is longer than {LONGEST} characters.", field)
    if INVISIBLE.search(typed) or CONTROLS.search(typed):
        raise _problem(ProblemCode.INVALID, "This holds a character that cannot be seen.", field)
    name = unicodedata.normalize("NFKC", typed)
    _check_length(name, field)
    _check_shape(name, field)
    if _bare_key(name) in _RESERVED_KEYS:
        raise _problem(ProblemCode.INVALID, "This name is reserved.", field)
    if _is_taken_for_another(name):
        message = "This can be mistaken for a name in another script."
        raise _problem(ProblemCode.INVALID, message, field)
    return name


def invent_username(rng: Random) -> str:
    """A pleasant name that tells nothing, such as amber-otter-4821."""
    return f"{rng.choice(_ADJECTIVES)}-{rng.choice(_ANIMALS)}-{rng.randrange(1000, 10_000)}"


def from_claims(claims: ExternalClaims, rng: Random) -> str:
    """A good name after what the issuer calls the person, never after their address; else an invented one."""
    offered = unicodedata.normalize("NFKC", claims.user_name or "")
    if "@" in offered:
        return invent_username(rng)
    kept = "".join(character for character in offered if _is_allowed(character))
    try:
        return clean_username(_trimmed(_TWO_SEPARATORS.sub("-", kept)))
    except Problem:
        return invent_username(rng)


def with_suffix(base: str, number: int) -> str:
    """The name to try after `base` was taken: amber-otter-4821-2."""
    suffix = f"-{number}"
    return base[: LONGEST - len(suffix)].rstrip(_SEPARATORS) + suffix


def _trimmed(name: str) -> str:
    """Cut to length, beginning with a letter or digit and not ending in a separator."""
    while name and not name[0].isalnum():
        name = name[1:]
    return name[:LONGEST].rstrip(_SEPARATORS)


def _check_length(name: str, field: str) -> None:
    if len(name) > LONGEST:
        raise _problem(ProblemCode.TOO_LONG, f"This is longer than {LONGEST} characters.", field)
    if len(name) < SHORTEST:
        raise _problem(ProblemCode.TOO_SHORT, f"This is shorter than {SHORTEST} characters.", field)


def _check_shape(name: str, field: str) -> None:
    if "@" in name:
        message = "A user name is seen by all: it must not be an e-mail address."
        raise _problem(ProblemCode.INVALID, message, field)
    if not all(map(_is_allowed, name)):
        message = "A user name holds letters, digits, and . _ - between them."
        raise _problem(ProblemCode.INVALID, message, field)
    if not name[0].isalnum() or name[-1] in _SEPARATORS or _TWO_SEPARATORS.search(name):
        message = "A user name begins and ends with a letter or digit, with no two of . _ - in a row."
        raise _problem(ProblemCode.INVALID, message, field)
    if _has_stacked_marks(name):
        raise _problem(ProblemCode.INVALID, "This holds too many marks on one letter.", field)


def _is_allowed(character: str) -> bool:
    return character in _SEPARATORS or (
        unicodedata.category(character) in _CATEGORIES and not INVISIBLE.match(character)
    )


def _has_stacked_marks(name: str) -> bool:
    marks = "".join("m" if unicodedata.category(character)[0] == "M" else " " for character in name)
    return "m" * (_MOST_MARKS + 1) in marks


def _is_taken_for_another(name: str) -> bool:
    """Whether it looks like a Latin name and yet has not its key: Greek capital Nu is an N, small nu a v."""
    shown = look(name)
    letters = "".join(character for character in shown if not unicodedata.combining(character))
    return letters.isascii() and fold(shown) != fold(name)


def _bare_key(name: str) -> str:
    """The key without accents and separators: ád.min is no way around admin."""
    return "".join(
        character
        for character in username_key(name)
        if character not in _SEPARATORS and not unicodedata.combining(character)
    )


_RESERVED_KEYS = frozenset(map(_bare_key, words("reserved")))


def _problem(code: ProblemCode, message: str, field: str) -> Problem:
    return Problem(code, message, field=[field], min=SHORTEST, max=LONGEST)
