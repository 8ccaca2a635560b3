import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import Problem, ProblemCode
from services.identity.emails import clean_email, sign_in_email
from tests.services.identity.problems import problem_of


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ann@example.com", "ann@example.com"),
        (" Ann.M+tag@EXAMPLE.Com\n", "Ann.M+tag@example.com"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann@crossfade.test", "ann@crossfade.test"),
        ("o'neill@example.com", "o'neill@example.com"),
    ],
)
def test_an_address_is_kept_with_its_domain_in_one_form(typed, kept):
    assert clean_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ann",
        "@",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@@example.com",
        "a@b@example.com",
        "ann @example.com",
        "ann@exam ple.com",
        "ann\x00@example.com",
        "ann@example.com\x00",
        "ann\ud800@example.com",
        "ann@\ud800.com",
        "ann@example..com",
        ".ann@example.com",
        "ann.@example.com",
        "ann@-example.com",
        "ann@[127.0.0.1]",
        "ann@127.0.0.1",
        '"ann b"@example.com',
        "Ann <ann@example.com>",
        "änn@example.com",
        "ann@test",
        "ann@localhost",
        "ann@example.com\r\nBcc: x@example.com",
        "ann@exa\u200bmple.com",
    ],
)
def test_what_is_no_address_is_invalid(typed):
    problem = problem_of(clean_email, typed)
    assert (problem.code, problem.field) == (ProblemCode.INVALID, ["email"])
    assert problem.message == "This is not an e-mail address."


def test_254_characters_are_the_most():
    domain = ".".join(["d" * 60] * 3) + ".example"
    longest = "a" * (254 - len(domain) - 1) + "@" + domain
    assert clean_email(longest) == longest
    problem = problem_of(clean_email, "a" + longest)
    assert (problem.code, problem.max) == (ProblemCode.TOO_LONG, 254)
    assert problem_of(clean_email, "@" * 10**6).code is ProblemCode.TOO_LONG


def test_signing_in_looks_an_account_up_ignoring_case_and_never_complains():
    assert sign_in_email(" Ann.M@Example.COM ") == "ann.m@example.com"
    assert sign_in_email("nobody at all") is None
    assert sign_in_email("\ud800\x00") is None


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=40) | st.emails())
def test_any_text_is_an_ascii_address_or_a_problem(text):
    try:
        kept = clean_email(text)
    except Problem:
        return
    assert kept.isascii()
    assert kept.count("@") == 1
    assert len(kept) <= 254
    assert clean_email(kept) == kept
