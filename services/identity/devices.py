"""What a session's device is called, of what its browser says of itself."""

from ua_parser import parse_os, parse_user_agent

_LONGEST_AGENT = 512
_LONGEST_WORD = 40
_PLAIN = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Mac OS X": "macOS",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Opera Mobile": "Opera",
}


def device_name(user_agent: str | None) -> str | None:
    """Such as "Firefox on Linux"; None where the text tells nothing."""
    # Cut first: hundreds of expressions are tried on it, and it is a stranger's.
    agent = (user_agent or "")[:_LONGEST_AGENT].encode(errors="ignore").decode()
    browser, system = parse_user_agent(agent), parse_os(agent)
    words = [_plain(part.family) for part in (browser, system) if part is not None]
    return " on ".join(words) or None


def _plain(family: str) -> str:
    word = "".join(character for character in family[:_LONGEST_WORD] if character.isprintable())
    return _PLAIN.get(word, word)
