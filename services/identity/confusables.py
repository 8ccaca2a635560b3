"""Characters that look alike, folded into one, after Unicode's TR39 and its data."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]  # untyped

_MARK = "\u200e"
"""The data wraps right-to-left characters in it."""


def _prototypes() -> Mapping[str, str]:
    """Character -> what it is taken for. The data lists each pair both ways, and many share a prototype."""
    alike = {
        shown.strip(_MARK): sorted({entry["c"].strip(_MARK) for entry in entries})
        for shown, entries in confusables_data.items()
    }
    return {
        character: others[0]
        for character, others in alike.items()
        if len(character) == 1 and len(others) == 1 and _is_prototype(others[0], character, alike)
    }


def _is_prototype(other: str, character: str, alike: Mapping[str, list[str]]) -> bool:
    # A pair on its own names no prototype: any will do, if it is always the same.
    return len(other) > 1 or len(alike[other]) > 1 or other < character


_PROTOTYPE = _prototypes()
_LATIN_TWINS = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l"})
"""What the data cannot say once case is ignored: I and l look alike, I and i are the same."""
_DOTTED = re.compile("([ijl])\u0307")
"""A dot on what has one."""


def look(text: str) -> str:
    """The characters that `text` may be taken for as it is shown (TR39's skeleton); case still tells."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    return _seen(plain)


def fold(text: str) -> str:
    """Equal for two texts that differ only in case, width, composition or look-alike characters.

    A key to compare and to index, not to show; it may be longer than the text.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    folded = "".join(map(_folded, unicodedata.normalize("NFD", plain)))
    return _DOTTED.sub(r"\1", folded).translate(_LATIN_TWINS)


def _seen(text: str) -> str:
    # Twice: some prototypes are spelt with characters that have one themselves.
    once = "".join(_PROTOTYPE.get(character, character) for character in text)
    return "".join(_PROTOTYPE.get(character, character) for character in once)


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """A lower-case character by its own look, or by its capital's where only that one looks Latin."""
    lower = _seen(_seen(character).casefold())
    if lower.isascii():
        return lower
    upper = _seen(_seen(character.upper()).casefold())
    return upper if upper.isascii() else lower
