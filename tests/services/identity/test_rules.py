from dataclasses import replace

import pytest

from kit.errors import ProblemCode, Problems
from services.identity.rules import check_profile, check_sign_up, display_name_from
from tests.services.identity.test_usernames import NOBODY

GOOD = "correct horse battery"


def problems_of(check, **named) -> list[tuple[ProblemCode, list[str] | None]]:
    with pytest.raises(Problems) as caught:
        check(**named)
    return [(problem.code, problem.field) for problem in caught.value.problems]


def test_a_good_sign_up_comes_back_clean():
    cleaned = check_sign_up(
        email=" Ann@EXAMPLE.com", password=GOOD, username=" ann ", display_name=" Ann M. "
    )
    assert (cleaned.email, cleaned.password) == ("Ann@example.com", GOOD)
    assert (cleaned.username, cleaned.display_name) == ("ann", "Ann M.")


def test_names_may_be_left_out():
    cleaned = check_sign_up(email="ann@example.com", password=GOOD)
    assert (cleaned.username, cleaned.display_name) == (None, None)


def test_everything_that_is_wrong_is_told_at_once_and_where():
    assert problems_of(check_sign_up, email="x", password="short", username="a", display_name="") == [
        (ProblemCode.INVALID, ["email"]),
        (ProblemCode.TOO_SHORT, ["password"]),
        (ProblemCode.TOO_SHORT, ["username"]),
        (ProblemCode.TOO_SHORT, ["displayName"]),
    ]


def test_one_wrong_field_does_not_hide_behind_good_ones():
    assert problems_of(check_sign_up, email="ann@example.com", password="password123", username="ann") == [
        (ProblemCode.INVALID, ["password"])
    ]


def test_a_password_that_is_the_name_or_address_typed_beside_it_is_refused():
    for password in ("ann.mueller.1970", "ann.mueller.1970@example.com", "amber-otter"):
        assert problems_of(
            check_sign_up, email="ann.mueller.1970@example.com", password=password, username="Amber-Otter"
        ) == [(ProblemCode.INVALID, ["password"])]


def test_a_profile_changes_only_what_is_given():
    assert check_profile() == check_profile(username=None, display_name=None)
    change = check_profile(display_name=" Ann ")
    assert (change.username, change.display_name) == (None, "Ann")


@pytest.mark.parametrize(
    ("display_name", "code"),
    [
        ("", ProblemCode.TOO_SHORT),
        (" \u200b ", ProblemCode.TOO_SHORT),
        ("x" * 81, ProblemCode.TOO_LONG),
        ("a\x00b", ProblemCode.INVALID),
        ("a\nb", ProblemCode.INVALID),
        ("a\u202eb", ProblemCode.INVALID),
        ("\ud800", ProblemCode.INVALID),
    ],
)
def test_a_display_name_is_one_line_of_1_to_80_characters(display_name, code):
    assert problems_of(check_profile, display_name=display_name) == [(code, ["displayName"])]
    assert check_profile(display_name="x" * 80).display_name == "x" * 80


def test_a_wrong_profile_tells_all_too():
    assert len(problems_of(check_profile, username="!!!", display_name="")) == 2


@pytest.mark.parametrize(
    ("full_name", "display_name"),
    [
        ("Ann Müller", "Ann Müller"),
        ("An\x00n\n", "Ann"),
        ("x" * 200, "x" * 80),
        (None, None),
        ("\u200b", None),
        ("ann.mueller@example.com", None),
        ("Ann (ann.mueller@example.com)", None),
        ("a\u202eb", None),
    ],
)
def test_an_outside_name_is_shown_unless_it_is_none_or_an_address(full_name, display_name):
    assert display_name_from(replace(NOBODY, full_name=full_name)) == display_name
