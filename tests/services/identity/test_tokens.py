import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from kit.crypto import derive_key
from kit.errors import Unauthenticated
from services.identity.jws import ExpiredToken, InvalidToken, peek
from services.identity.tokens import AccessTokens
from tests.fakes.issuer import Silent

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
USER = UUID("5b0c1f1e-6f5a-4c7e-9d53-111111111111")
SESSION = UUID("5b0c1f1e-6f5a-4c7e-9d53-222222222222")
SECRET = "a secret that is long enough for anybody"
LIFETIME = timedelta(minutes=15)
TOKENS = AccessTokens(SECRET, LIFETIME)
KEY = OctKey.import_key(derive_key(SECRET, "access-token"))
GOOD = {
    "iss": "crossfade",
    "aud": "crossfade",
    "sub": str(USER),
    "sid": str(SESSION),
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + LIFETIME).timestamp()),
}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(algorithm: str = "HS256", key: OctKey = KEY, header: dict | None = None, **changes) -> str:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return jwt.encode({"alg": algorithm, **(header or {})}, claims, key, registry=Silent())


def test_what_is_issued_reads_back():
    issued = TOKENS.issue(USER, SESSION, NOW)
    claims = TOKENS.read(issued.value, NOW)
    assert (claims.user_id, claims.session_id) == (USER, SESSION)
    assert (claims.issued_at, claims.expires_at) == (NOW, NOW + LIFETIME)
    assert issued.expires_at == NOW + LIFETIME


def test_the_claims_are_those_of_the_contract_and_nothing_more():
    issued = TOKENS.issue(USER, SESSION, NOW + timedelta(microseconds=999_999))
    unverified = peek(issued.value)
    assert unverified.claims == GOOD
    assert unverified.algorithm == "HS256"


def test_a_token_is_good_until_it_ends_and_expired_after_with_a_little_room_for_clocks():
    token = TOKENS.issue(USER, SESSION, NOW).value
    assert TOKENS.read(token, NOW + LIFETIME + timedelta(seconds=4))
    with pytest.raises(ExpiredToken) as caught:
        TOKENS.read(token, NOW + LIFETIME + timedelta(seconds=5))
    assert caught.value.extensions == {"code": "UNAUTHENTICATED", "isExpired": True}
    assert caught.value.message == "This token has expired."


def test_a_token_of_a_process_whose_clock_is_a_little_ahead_is_good():
    token = TOKENS.issue(USER, SESSION, NOW).value
    assert TOKENS.read(token, NOW - timedelta(seconds=5))
    with pytest.raises(InvalidToken):
        TOKENS.read(token, NOW - timedelta(seconds=6))


def test_an_expired_token_that_was_also_tampered_with_is_only_invalid():
    header, payload, _ = TOKENS.issue(USER, SESSION, NOW).value.split(".")
    with pytest.raises(InvalidToken):
        TOKENS.read(f"{header}.{payload}.{'A' * 43}", NOW + LIFETIME * 2)


def test_a_token_of_another_secret_audience_or_issuer_is_invalid():
    elsewhere = AccessTokens(SECRET + "!", LIFETIME).issue(USER, SESSION, NOW).value
    for token in (
        elsewhere,
        signed(aud="other"),
        signed(aud=["other"]),
        signed(iss="https://issuer.example"),
    ):
        with pytest.raises(InvalidToken):
            TOKENS.read(token, NOW)


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "sid", "iat", "exp"])
def test_a_token_without_one_of_its_claims_is_invalid(name):
    with pytest.raises(InvalidToken):
        TOKENS.read(signed(**{name: None}), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "ann"},
        {"sub": 5},
        {"sub": ""},
        {"sid": "x"},
        {"sid": ["5b0c1f1e-6f5a-4c7e-9d53-222222222222"]},
        {"exp": "soon"},
        {"exp": 10**400},
        {"exp": 10**15},
        {"exp": True},
        {"iat": 10**9 * 5},
        {"aud": {"crossfade": 1}},
        {"iss": ["crossfade"]},
        {"nbf": int(NOW.timestamp()) + 60},
    ],
)
def test_claims_that_cannot_be_ours_are_invalid_even_when_signed(changes):
    with pytest.raises(InvalidToken):
        TOKENS.read(signed(**changes), NOW)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_our_own_key_is_invalid(algorithm):
    with pytest.raises(InvalidToken):
        TOKENS.read(signed(algorithm), NOW)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_no_signature_is_no_token(algorithm):
    for signature in ("", "A" * 43):
        with pytest.raises(InvalidToken):
            TOKENS.read(f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(GOOD)}.{signature}", NOW)


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": 5},
        {"b64": False, "crit": ["b64"]},
        {"typ": "logout+jwt"},
        {"typ": 5},
        {"kid": {"a": 1}},
        {"jwk": "no"},
    ],
)
def test_headers_that_change_the_meaning_are_refused(header):
    header_part = part({"alg": "HS256", **header})
    with pytest.raises(InvalidToken):
        TOKENS.read(f"{header_part}.{part(GOOD)}.{'A' * 43}", NOW)


@pytest.mark.parametrize("position", range(3))
def test_a_changed_part_is_invalid(position):
    parts = TOKENS.issue(USER, SESSION, NOW).value.split(".")
    parts[position] = parts[position][:-2] + ("AA" if parts[position][-2:] != "AA" else "BA")
    with pytest.raises(InvalidToken):
        TOKENS.read(".".join(parts), NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "Bearer x",
        "\x00",
        "\ud800.\ud800.\ud800",
        "é.é.é",
        "e30.e30.e30",
        f"{part({'alg': 'HS256'})}.{'A' * 20_000}.A",
        "A" * 1_000_000,
        f"{part([['alg']])}.{part(GOOD)}.A",
        f"{part('alg b64')}.{part(GOOD)}.A",
        f"{part(['alg', 'b64'])}.{part(GOOD)}.A",
        f"{part({'alg': ['HS256']})}.{part(GOOD)}.A",
        f"{part({'alg': 'HS256'})}.{part([1])}.A",
        f"{part({'alg': 'HS256'})}.{part({'iss': 5})}.A",
        f"{part({'alg': 'HS256'})}.{base64.urlsafe_b64encode(b'[' * 9000).decode()}.A",
        f"{base64.urlsafe_b64encode(b'[' * 750).decode()}.{part(GOOD)}.A",
    ],
)
def test_garbage_is_invalid(token):
    with pytest.raises(InvalidToken):
        TOKENS.read(token, NOW)


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_no_text_is_anything_but_unauthenticated(token):
    with pytest.raises(Unauthenticated):
        TOKENS.read(token, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*GOOD, "nbf", "x"], JSON)), st.data())
def test_no_claims_are_anything_but_read_or_unauthenticated_even_when_signed(changes, data):
    dropped = data.draw(st.sets(st.sampled_from(sorted(GOOD))))
    claims = {name: value for name, value in {**GOOD, **changes}.items() if name not in dropped}
    try:
        read = TOKENS.read(jwt.encode({"alg": "HS256"}, claims, KEY, registry=Silent()), NOW)
    except Unauthenticated:
        return
    assert isinstance(read.user_id, UUID)


ANY_JSON = JSON | st.text(st.characters(codec=None, exclude_categories=()), max_size=8)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x5c", "jku", "y"]), ANY_JSON
    ),
    ANY_JSON,
    st.text("AZaz09_-", max_size=50),
)
def test_no_header_is_anything_but_unauthenticated(header, claims, signature):
    with pytest.raises(Unauthenticated):
        TOKENS.read(f"{part(header)}.{part(claims)}.{signature}", NOW)
