# ruff: noqa: RUF001 - look-alikes are what is tested
import hashlib
import string

from services.identity import confusables
from services.identity.confusables import fold, look

EXPECTED = "1be34667d5992c1968069b85e910a2b53fb409790a570c7958760f397185aa2b"


def test_a_look_keeps_case_and_a_fold_does_not():
    assert look("РАУ") == "PAY"
    assert fold("РАУ") == "pay"


def test_latin_letters_and_digits_fall_together_only_where_they_look_alike():
    groups: dict[str, set[str]] = {}
    for character in string.ascii_letters + string.digits:
        groups.setdefault(fold(character), set()).add(character.lower())
    together = sorted("".join(sorted(group)) for group in groups.values() if len(group) > 1)
    assert together == ["0o", "1il"]


def test_the_data_is_the_one_that_stored_keys_were_made_with():
    """When this fails the library's data has changed: stored keys must be made anew, then change the sum."""
    table = "\n".join(f"{shown} {taken}" for shown, taken in sorted(confusables._PROTOTYPE.items()))
    assert hashlib.sha256(table.encode()).hexdigest() == EXPECTED
