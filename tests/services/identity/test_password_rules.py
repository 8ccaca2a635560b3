import pytest

from kit.errors import ProblemCode
from services.identity.password_rules import check_password
from services.identity.words import words
from tests.services.identity.problems import problem_of


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "x8$kQ2!fzz",
        "пароль не угадать",
        "👍🎧🎶🔥🎤🎹🎸🥁🎺🎻",
        " leading and trailing ",
        "y" * 100 + "z" * 100,
    ],
)
def test_a_good_password_is_kept_as_it_came(password):
    assert check_password(password) == password


def test_ten_to_two_hundred_characters():
    assert check_password("tFw-9s;K2q")
    assert check_password("tFw-9s;K2q" * 19 + "0123456789")
    short, long = problem_of(check_password, "tFw-9s;K2"), problem_of(check_password, "tFw-9s;K2q!" * 20)
    assert (short.code, short.field, short.min, short.max) == (ProblemCode.TOO_SHORT, ["password"], 10, 200)
    assert (long.code, long.field, long.min, long.max) == (ProblemCode.TOO_LONG, ["password"], 10, 200)


@pytest.mark.parametrize("password", ["a good one\x00", "a good one\ud800", "\udfffa good one"])
def test_what_no_database_keeps_is_invalid(password):
    assert problem_of(check_password, password).code is ProblemCode.INVALID


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "PassWord123",
        "1234567890",
        "QWERTYUIOP",
        "letmein123",
        "aaaaaaaaaa",
        "😀" * 12,
        "abababababab",
        "abcabcabcabc",
        "12341234123",
        "0123456789012",
        "9876543210",
        "abcdefghijkl",
        "zyxwvutsrqpo",
        "qwertyuiopas",
        "1qaz2wsx3edc",
        "lkjhgfdsapoiuy",
    ],
)
def test_the_first_passwords_that_are_tried_are_invalid(password):
    problem = problem_of(check_password, password)
    assert (problem.code, problem.field) == (ProblemCode.INVALID, ["password"])


@pytest.mark.parametrize(
    "password", ["ann.mueller.1970", "Ann.Mueller.1970", "ann.mueller.1970@example.com", "the_real_ann"]
)
def test_ones_own_names_are_no_password(password):
    problem = problem_of(
        check_password, password, email=" ann.mueller.1970@example.com", username="The_Real_Ann"
    )
    assert problem.code is ProblemCode.INVALID


def test_a_password_that_only_holds_ones_name_is_good():
    assert check_password("the_real_ann was here", username="the_real_ann")


def test_the_field_is_the_one_that_was_typed_into():
    assert problem_of(check_password, "short", field="newPassword").field == ["newPassword"]


def test_the_list_of_common_passwords_holds_only_what_the_other_rules_let_through():
    listed = words("common_passwords")
    assert len(listed) == len(set(listed)) > 500
    assert all(10 <= len(password) <= 200 and password == password.casefold() for password in listed)
