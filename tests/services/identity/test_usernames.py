# ruff: noqa: RUF001 - look-alikes are what is tested
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import Problem, ProblemCode
from services.identity.claims import ExternalClaims
from services.identity.usernames import (
    clean_username,
    from_claims,
    invent_username,
    username_key,
    with_suffix,
)
from services.identity.words import words
from tests.services.identity.problems import problem_of

NOBODY = ExternalClaims(
    issuer="https://issuer.example",
    subject="1",
    expires_at=datetime(2026, 5, 4, tzinfo=UTC),
    email="ann.mueller@example.com",
    email_verified=True,
    full_name=None,
    user_name=None,
    provider=None,
    provider_id=None,
    raw={},
)
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    "name",
    [
        "ann",
        "Ann_M.1970",
        "a-b",
        "дмитрий",
        "田中さん",
        "أحمد",
        "हिन्दी",
        "ไทยแลนด์",
        "Νίκος",
        "ΝΙΚΟΣ",
        "straße",
        "İstanbul",
        "123",
        "x" * 50,
        "DJ_Борис",
        "ВОВА",
    ],
)
def test_letters_and_digits_of_any_script_make_a_name(name):
    assert clean_username(name) == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" ann ", "ann"), ("ｐａｙ", "pay"), ("𝓙𝓪𝔃𝔃", "Jazz"), ("cafe\u0301", "caf\u00e9"), ("ﬁn", "fin")],
)
def test_a_name_is_kept_trimmed_and_in_plain_characters(typed, kept):
    assert clean_username(typed) == kept


def test_three_to_fifty_characters():
    for name, code in [
        ("ab", ProblemCode.TOO_SHORT),
        ("", ProblemCode.TOO_SHORT),
        ("x" * 51, ProblemCode.TOO_LONG),
        ("x" * 10**6, ProblemCode.TOO_LONG),
    ]:
        problem = problem_of(clean_username, name)
        assert (problem.code, problem.field, problem.min, problem.max) == (code, ["username"], 3, 50)


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "a\tb",
        "a\u00a0b",
        "ann!",
        "ann@example.com",
        "ann＠example",
        "<b>",
        "a/b",
        "😀😀😀",
        "ann😀",
        "²³¹!",
        "½½½",
        "ⅷ⅓a",
        "ﷺ",
        "a\u20ddb",
        "a\ue000b",
    ],
)
def test_no_spaces_signs_or_addresses(name):
    assert problem_of(clean_username, name).code is ProblemCode.INVALID


@pytest.mark.parametrize(
    "odd",
    [
        "\u200b",
        "\u200d",
        "\u200c",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\u202e",
        "\u180e",
        "\u3164",
        "\ufe0f",
        "\x00",
        "\x1f",
        "\x85",
        "\ud800",
        "\U000e0041",
        "\u034f",
    ],
)
def test_nothing_that_cannot_be_seen(odd):
    assert problem_of(clean_username, f"an{odd}na").code is ProblemCode.INVALID


@pytest.mark.parametrize(
    "name", ["_ann", "ann_", ".ann", "ann.", "-ann", "ann-", "an..na", "an._na", "an--na", "\u0301ann", "..."]
)
def test_separators_and_marks_stand_between_letters(name):
    assert problem_of(clean_username, name).code is ProblemCode.INVALID


def test_marks_do_not_stack_up():
    assert clean_username("a" + "\u0334\u0335\u0336" + "bc")
    assert problem_of(clean_username, "a" + "\u0334" * 4 + "bc").code is ProblemCode.INVALID


@pytest.mark.parametrize(
    "name",
    [
        "admin",
        "Admin",
        "ADMIN",
        "adm1n",
        "аdmіn",
        "ａｄｍｉｎ",
        "ádmin",
        "ad.min",
        "a-d-m-i-n",
        "root",
        "r00t",
        "support",
        "moderator",
        "crossfade",
        "Cr0ssfade",
        "system",
        "everyone",
        "here",
        "null",
        "undefined",
    ],
)
def test_reserved_words_are_nobodys_however_they_are_written(name):
    problem = problem_of(clean_username, name)
    assert (problem.code, problem.message) == (ProblemCode.INVALID, "This name is reserved.")


def test_a_reserved_word_may_be_a_part_of_a_name():
    assert clean_username("admiral") == "admiral"
    assert clean_username("rootbeer") == "rootbeer"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "раypal"),
        ("paypal", "PayPaI"),
        ("paypal", "paypa1"),
        ("paypal", "ｐａｙｐａｌ"),
        ("tom", "том"),
        ("tom", "ТОМ"),
        ("tom", "torn"),
        ("Boba", "ВОВА"),
        ("boba", "вова"),
        ("jazz0", "jazzo"),
        ("straße", "STRASSE"),
        ("café", "cafe\u0301"),
        ("νικος", "ΝΙΚΟΣ"),
        ("дмитрий", "ДМИТРИЙ"),
        ("istanbul", "İstanbul"),
        ("istanbul", "ıstanbul"),
        ("scope", "ѕсоре"),
    ],
)
def test_names_that_look_alike_have_one_key(one, other):
    assert username_key(one) == username_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann", "anna"),
        ("jose", "josé"),
        ("a-b", "a.b"),
        ("a-b", "ab"),
        ("ana", "ava"),
        ("yes", "ues"),
        ("oystein", "øystein"),
        ("дима", "дина"),
    ],
)
def test_names_that_can_be_told_apart_have_two(one, other):
    assert username_key(one) != username_key(other)


@pytest.mark.parametrize("name", ["Νina", "ΝΥΧ", "ΒΟΒ"])
def test_a_name_that_looks_latin_but_is_keyed_as_another_is_refused(name):
    assert problem_of(clean_username, name).code is ProblemCode.INVALID


@settings(deadline=None)
@given(ANY_TEXT)
def test_a_key_does_not_depend_on_case_width_or_composition(text):
    key = username_key(text)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert username_key(unicodedata.normalize(form, text)) == key
    assert username_key(text.casefold()) == key


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_text_is_a_name_or_a_problem_and_a_kept_name_is_kept_again(text):
    try:
        name = clean_username(text)
    except Problem:
        return
    assert 3 <= len(name) <= 50
    assert clean_username(name) == name
    assert username_key(name) == username_key(text.strip())


def test_invented_names_are_good_names_that_tell_nothing():
    for seed in range(500):
        name = invent_username(Random(seed))
        assert clean_username(name) == name
    assert invent_username(Random(1)) == invent_username(Random(1)) != invent_username(Random(2))


def test_every_word_of_an_invented_name_is_plain_and_no_two_of_a_kind_look_alike():
    for kind in ("adjectives", "animals"):
        listed = words(kind)
        assert all(word.isascii() and word.isalpha() and word.islower() for word in listed)
        assert len({username_key(word) for word in listed}) == len(listed) > 100


@pytest.mark.parametrize(
    ("offered", "base"),
    [
        ("ann.m", "ann.m"),
        ("Ann Müller!", "AnnMüller"),
        ("__ann__", "ann"),
        ("ann..b", "ann-b"),
        ("ａｎｎ", "ann"),
        ("x" * 80, "x" * 50),
        ("y" * 49 + "-z", "y" * 49),
        ("\u200bann\u202e", "ann"),
        ("\u0301ann", "ann"),
    ],
)
def test_an_outside_user_name_is_cut_to_a_good_one(offered, base):
    assert from_claims(replace(NOBODY, user_name=offered), Random(1)) == base


@pytest.mark.parametrize(
    "offered",
    [
        None,
        "",
        "ab",
        "!!",
        "ann.mueller@example.com",
        "someone＠else.example",
        "admin",
        "Νina",
        "\u0301\u0301",
    ],
)
def test_where_none_can_be_made_of_it_a_name_is_invented_never_of_the_address(offered):
    assert from_claims(replace(NOBODY, user_name=offered), Random(1)) == invent_username(Random(1))


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_outside_user_name_leads_to_a_good_name(offered):
    base = from_claims(replace(NOBODY, user_name=offered), Random(1))
    assert clean_username(base) == base


def test_a_taken_name_is_tried_again_with_a_number_within_the_limit():
    assert with_suffix("ann", 2) == "ann-2"
    assert with_suffix("x" * 50, 17) == "x" * 47 + "-17"
    assert with_suffix("y" * 46 + ".zzz", 999) == "y" * 46 + "-999"
    assert clean_username(with_suffix("y" * 46 + ".zzz", 999))
