"""What people type: which characters may be kept, how long it may be, and what one emoji is."""

import re

from emoji import demojize, emojize, is_emoji
from emoji.unicode_codes import EMOJI_DATA, STATUS

from kit.errors import Problem, ProblemCode

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""C0 and C1 without tab and line feed, and lone surrogates: PostgreSQL or a screen chokes on them."""

BLANK = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""For a character class: what draws nothing (Default_Ignorable_Code_Point), and the empty Braille cell."""

INVISIBLE = re.compile(f"[{BLANK}]")

_VISIBLE = re.compile(rf"[^\s{BLANK}]")
_NOT_IN_A_LINE = re.compile(r"[\t\n\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST_EMOJI = 40
_EMOJI_STYLE = "\ufe0f"


def clean_text(value: str, field: str, shortest: int, longest: int) -> str:
    """Several lines, as typed; only a Windows line end becomes a plain one. Lengths are in code points.

    Raises Problem: INVALID for control characters, TOO_SHORT (also where nothing can be seen) or TOO_LONG.
    """
    text = value.replace("\r\n", "\n")
    _check(text, field, shortest, longest)
    return text


def clean_line(value: str, field: str, shortest: int, longest: int) -> str:
    """One line, trimmed: a name or a title, which must not turn the direction of what stands beside it.

    Raises Problem as `clean_text` does, and INVALID for tabs, line ends and bidirectional controls.
    """
    line = value.strip()
    _check(line, field, shortest, longest)
    if _NOT_IN_A_LINE.search(line):
        raise _invalid(field)
    return line


def single_emoji(value: str, field: str) -> str:
    """Exactly one emoji that Unicode recommends, in its full form, so that ❤ and ❤️ count as one.

    Raises Problem INVALID.
    """
    if len(value) <= _LONGEST_EMOJI:
        for form in (value, value.replace(_EMOJI_STYLE, "")):
            if is_emoji(form) and EMOJI_DATA[form]["status"] != STATUS["component"]:
                return emojize(demojize(form))
    raise Problem(ProblemCode.INVALID, "This must be exactly one emoji.", field=[field])


def _check(text: str, field: str, shortest: int, longest: int) -> None:
    # Length first: it costs nothing, and keeps a megabyte of blanks from the searches.
    if len(text) > longest:
        message = f"This is longer than {longest} characters."
        raise Problem(ProblemCode.TOO_LONG, message, field=[field], min=shortest, max=longest)
    if CONTROLS.search(text):
        raise _invalid(field)
    if len(text) < shortest or (shortest > 0 and not _VISIBLE.search(text)):
        message = (
            "This must not be empty." if shortest == 1 else f"This is shorter than {shortest} characters."
        )
        raise Problem(ProblemCode.TOO_SHORT, message, field=[field], min=shortest, max=longest)


def _invalid(field: str) -> Problem:
    return Problem(ProblemCode.INVALID, "This holds a character that cannot be kept.", field=[field])
