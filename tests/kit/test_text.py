# ruff: noqa: RUF001 - odd characters are what is tested
import pytest
from emoji.unicode_codes import EMOJI_DATA, STATUS
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import Problem, ProblemCode
from kit.text import clean_line, clean_text, single_emoji


def problem_of(check, *arguments) -> Problem:
    with pytest.raises(Problem) as caught:
        check(*arguments)
    return caught.value


@pytest.mark.parametrize(
    "text", ["hello", " as typed \n\tyes", "مرحبا", "👨‍👩‍👧‍👦", "می‌خواهم", "\u200fשלום", "e\u0301"]
)
def test_a_message_is_kept_as_typed(text):
    assert clean_text(text, "content", 1, 5000) == text


def test_a_windows_line_end_becomes_a_plain_one():
    assert clean_text("a\r\nb", "content", 1, 3) == "a\nb"


@pytest.mark.parametrize("text", ["a\x00", "\ud800", "a\udfffb", "\x1b[31m", "a\rb", "\x7f", "\x85", "\x0b"])
@pytest.mark.parametrize("check", [clean_text, clean_line])
def test_what_no_screen_or_database_takes_is_invalid(check, text):
    problem = problem_of(check, "x" + text + "x", "content", 1, 5000)
    assert (problem.code, problem.field) == (ProblemCode.INVALID, ["content"])


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t ", "\u200b\u200d", "\ufeff", "\u3164", "\u2800", "\u00a0\u2003", "\ufe0f"]
)
@pytest.mark.parametrize("check", [clean_text, clean_line])
def test_what_shows_nothing_is_too_short(check, text):
    problem = problem_of(check, text, "content", 1, 5000)
    assert (problem.code, problem.min, problem.max) == (ProblemCode.TOO_SHORT, 1, 5000)


def test_nothing_is_enough_where_nothing_is_asked_for():
    assert clean_text("", "description", 0, 10) == ""


def test_the_limits_themselves_are_allowed_and_one_more_is_not():
    assert clean_text("x" * 5000, "content", 1, 5000)
    too_long = problem_of(clean_text, "x" * 5001, "content", 1, 5000)
    assert (too_long.code, too_long.min, too_long.max) == (ProblemCode.TOO_LONG, 1, 5000)
    assert problem_of(clean_text, "xx", "content", 3, 5).code is ProblemCode.TOO_SHORT


def test_length_is_counted_in_code_points():
    assert clean_text("👍" * 5000, "content", 1, 5000)
    assert problem_of(clean_text, "👍🏽" * 2501, "content", 1, 5000).code is ProblemCode.TOO_LONG


def test_a_line_is_trimmed_before_it_is_measured():
    assert clean_line("  Jazz  \n", "name", 1, 4) == "Jazz"


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\u2028b", "abc\u202egnp", "\u2066a\u2069", "\u202aa"])
def test_a_line_holds_no_line_ends_and_turns_no_writing_direction(text):
    assert problem_of(clean_line, text, "name", 1, 80).code is ProblemCode.INVALID


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
def test_any_text_is_kept_as_utf8_or_refused_as_a_problem(text):
    for check in (clean_text, clean_line):
        try:
            kept = check(text, "content", 1, 50)
        except Problem:
            continue
        assert b"\x00" not in kept.encode()
        assert 1 <= len(kept) <= 50


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "❤️", "🏳️‍🌈", "👁️‍🗨️"])
def test_one_emoji_is_one_emoji_however_many_code_points_it_has(emoji):
    assert single_emoji(emoji, "emoji") == emoji


@pytest.mark.parametrize(
    ("typed", "full"),
    [("❤", "❤️"), ("👩‍❤‍👨", "👩‍❤️‍👨"), ("👁‍🗨", "👁️‍🗨️"), ("1⃣", "1️⃣"), ("👍\ufe0f", "👍")],
)
def test_the_forms_of_one_emoji_count_as_one(typed, full):
    assert single_emoji(typed, "emoji") == full


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "#",
        "a",
        "❤︎",
        "👍👍",
        "👍 ",
        " 👍",
        "🇩",
        "🏽",
        "🇩🇪🇫🇷",
        ":heart:",
        "👍a",
        "\u200d",
        "\ud83d",
        "👍" * 1000,
        "👍\x00",
    ],
)
def test_anything_else_is_no_emoji(text):
    problem = problem_of(single_emoji, text, "emoji")
    assert (problem.code, problem.field) == (ProblemCode.INVALID, ["emoji"])


def test_every_emoji_of_unicode_is_accepted_in_its_full_form_and_stays_itself_then():
    components = {emoji for emoji, data in EMOJI_DATA.items() if data["status"] == STATUS["component"]}
    for emoji in EMOJI_DATA.keys() - components:
        full = single_emoji(emoji, "emoji")
        assert EMOJI_DATA[full]["status"] == STATUS["fully_qualified"]
        assert single_emoji(full, "emoji") == full
