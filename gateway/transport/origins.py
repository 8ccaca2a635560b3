"""From which page a browser asks; programs have no page, and browsers do not let pages lie about it."""

from collections.abc import Collection, Mapping


def is_known(headers: Mapping[bytes, bytes], allowed: Collection[str] = ()) -> bool:
    """Whether it is one of the gateway's own host, or named. So is who has none."""
    origin = headers.get(b"origin")
    if origin is None:
        return True
    text = origin.decode("latin-1")
    return text in allowed or text.partition("://")[2].encode("latin-1") == headers.get(b"host")


def is_own(headers: Mapping[bytes, bytes]) -> bool:
    """Whether nothing speaks against one of our own pages, not even one of a neighbouring host."""
    return is_known(headers) and headers.get(b"sec-fetch-site", b"same-origin") == b"same-origin"
