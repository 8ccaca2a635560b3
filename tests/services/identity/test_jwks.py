import base64
import warnings

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

from services.identity.jwks import parse_key_set
from tests.fakes.issuer import new_key

GOOD = new_key("ES256", "good").as_dict(private=False)


def names(*entries: object) -> list[str | None]:
    return [key.kid for key in parse_key_set(orjson.dumps({"keys": [GOOD, *entries]})).keys]


def small_rsa(padding: int = 0) -> dict[str, object]:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()  # noqa: S505 - that is the point
    modulus = bytes(padding) + numbers.n.to_bytes(128, "big")
    return {
        "kty": "RSA",
        "kid": "small",
        "e": "AQAB",
        "n": base64.urlsafe_b64encode(modulus).rstrip(b"=").decode(),
    }


def test_keys_for_signatures_of_the_kinds_we_know_are_kept():
    others = [new_key(algorithm, algorithm).as_dict(private=False) for algorithm in ("RS256", "EdDSA")]
    assert names(*others) == ["good", "RS256", "EdDSA"]


def test_a_small_rsa_key_is_left_out_however_it_is_written():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        assert names(small_rsa(), small_rsa(padding=128)) == ["good"]


def test_an_enormous_rsa_key_is_left_out_unread():
    assert names({"kty": "RSA", "kid": "huge", "e": "AQAB", "n": "A" * 100_000}) == ["good"]


def test_a_published_private_key_is_nobodys_secret_and_left_out():
    assert names(ECKey.generate_key("P-256", {"kid": "leaked"}).as_dict(private=True)) == ["good"]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        5,
        "key",
        [],
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": ["RSA"]},
        {"kty": "RSA"},
        {"kty": "EC", "crv": "P-999", "x": "A", "y": "A"},
        {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"},
    ],
)
def test_what_is_no_key_is_left_out(entry):
    assert names(entry) == ["good"]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"keys":{}}',
        b'{"keys":[]}',
        b'{"keys":[{}]}',
        b"\xff",
        b"[" * 5000,
        orjson.dumps({"keys": [GOOD] * 101}),
    ],
)
def test_what_is_no_key_set_is_refused(document):
    with pytest.raises(ValueError):  # noqa: PT011 - the kind is the contract, the words are for the log
        parse_key_set(document)


def test_a_key_is_found_by_its_name_and_kind_only():
    keys = parse_key_set(orjson.dumps({"keys": [GOOD]}))
    assert isinstance(keys.find("good", "ES256"), ECKey)
    for key_id, algorithm in [
        ("good", "RS256"),
        ("good", "HS256"),
        ("good", "none"),
        ("bad", "ES256"),
        ("", "ES256"),
    ]:
        assert keys.find(key_id, algorithm) is None


def test_keys_of_other_curves_are_found_but_refuse_to_serve():
    entries = [
        ECKey.generate_key("P-384", {"kid": "wide"}).as_dict(private=False),
        OKPKey.generate_key("X25519", {"kid": "exchange"}).as_dict(private=False),
        RSAKey.generate_key(2048, {"kid": "plain"}).as_dict(private=False),
    ]
    assert names(*entries) == ["good", "wide", "exchange", "plain"]
