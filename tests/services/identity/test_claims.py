from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from services.identity.claims import ExternalClaims, external_claims
from services.identity.jws import InvalidToken
from tests.fakes.issuer import ADDRESS, claims_of

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

SUPABASE = {
    "email": "Ann@Example.com",
    "phone": "",
    "role": "authenticated",
    "session_id": "a-session",
    "is_anonymous": False,
    "app_metadata": {"provider": "spotify", "providers": ["spotify"]},
    "user_metadata": {
        "avatar_url": "https://i.example/1.png",
        "email": "other@example.com",
        "email_verified": True,
        "full_name": "Ann Müller",
        "name": "Ann M",
        "preferred_username": "ann.m",
        "user_name": "annm",
        "provider_id": "spotify-ann",
        "sub": "spotify-ann",
    },
}


def read(**changes: Any) -> ExternalClaims:
    return external_claims(claims_of(NOW, **changes))


def test_supabase_tells_names_in_user_metadata_and_the_provider_in_app_metadata():
    claims = read(**SUPABASE)
    assert (claims.issuer, claims.subject) == (ADDRESS, "248289761001")
    assert (claims.full_name, claims.user_name) == ("Ann Müller", "annm")
    assert (claims.provider, claims.provider_id) == ("spotify", "spotify-ann")
    assert claims.email == "Ann@example.com"


def test_plain_openid_connect_tells_them_at_the_top():
    claims = read(name="Ann Müller", preferred_username="annm", email="ann@example.com", email_verified=True)
    assert (claims.full_name, claims.user_name) == ("Ann Müller", "annm")
    assert (claims.provider, claims.provider_id, claims.spotify_user_id) == (None, None, None)
    assert (claims.email, claims.email_verified) == ("ann@example.com", True)


@pytest.mark.parametrize(
    ("provider", "expected"), [("spotify", "spotify-ann"), ("github", None), (None, None)]
)
def test_a_spotify_account_is_only_known_from_spotify(provider, expected):
    assert read(**{**SUPABASE, "app_metadata": {"provider": provider}}).spotify_user_id == expected


def test_only_the_issuers_own_word_verifies_an_address():
    assert not read(**SUPABASE).email_verified
    assert read(**SUPABASE, email_verified=True).email_verified
    assert read(**SUPABASE, email_verified="true").email_verified
    assert not read(**SUPABASE, email_verified="false").email_verified
    assert not read(email="no address", email_verified=True).email_verified


@pytest.mark.parametrize(
    "email", [None, "", "no address", 5, ["a@example.com"], "a@example.com\x00.org", "x" * 300]
)
def test_an_address_that_is_none_is_left_out(email):
    claims = read(email=email)
    assert (claims.email, claims.email_verified) == (None, False)


@pytest.mark.parametrize("value", [None, "", "  ", 5, ["x"], {"x": 1}, True, "x" * 256, "a\x00b"])
def test_names_that_say_nothing_are_left_out_and_the_next_one_is_asked(value):
    metadata = {"full_name": value, "user_name": value, "preferred_username": " annm ", "provider_id": value}
    claims = read(user_metadata=metadata, name="Ann")
    assert (claims.full_name, claims.user_name, claims.provider_id) == ("Ann", "annm", None)


@pytest.mark.parametrize("odd", [None, 5, "x", ["y"]])
def test_metadata_of_another_shape_is_no_metadata(odd):
    claims = read(user_metadata=odd, app_metadata=odd, preferred_username="annm")
    assert (claims.user_name, claims.provider) == ("annm", None)


def test_the_claims_are_kept_whole_but_for_what_the_database_refuses():
    claims = read(user_metadata={"na\x00me": ["a\x00b", {"c": "\x00"}], "count": 1.5})
    assert claims.raw["user_metadata"] == {"name": ["ab", {"c": ""}], "count": 1.5}
    assert b"\\u0000" not in orjson.dumps(claims.raw)


def test_claims_without_a_bottom_are_refused():
    deep: Any = []
    for _ in range(40):
        deep = [deep]
    with pytest.raises(InvalidToken):
        read(user_metadata={"deep": deep})
