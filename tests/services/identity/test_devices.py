import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.identity.devices import device_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Chrome/126.0.0.0 Safari/537.36",
            "Chrome on macOS",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge on Windows",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) {WEBKIT} Version/17.5 Mobile/15E Safari/604",
            "Safari on iOS",
        ),
        ("curl/8.5.0", "curl"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux"),
    ],
)
def test_a_device_is_called_by_its_browser_and_system(user_agent, name):
    assert device_name(user_agent) == name


@pytest.mark.parametrize("user_agent", [None, "", "x", "\x00", "\ud800", "-" * 100_000])
def test_what_tells_nothing_has_no_name(user_agent):
    assert device_name(user_agent) is None


@settings(deadline=None)
@given(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=700)
    | st.from_regex(r"\w{0,300}/[0-9.]{1,300} \(.{0,50}\)")
)
def test_a_name_is_short_and_printable_whatever_is_sent(user_agent):
    name = device_name(user_agent)
    assert name is None or (name.isprintable() and 0 < len(name) <= 84)
