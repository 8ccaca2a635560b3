import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from kit.errors import Unauthenticated
from kit.settings import Issuer, SettingsError
from services.identity.issuers import IssuerKeys
from services.identity.jws import ExpiredToken, InvalidToken
from services.identity.key_source import FetchRules, IssuerUnreachable
from tests.fakes.issuer import ADDRESS, AUDIENCE, KEYS_ADDRESS, Mood, StandInIssuer, claims_of, new_key

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
RULES = FetchRules(timeout=0.2)


class House:
    """One installation that trusts one issuer, and a clock that stands still."""

    def __init__(self, issuer: StandInIssuer, jwks_url: str | None = KEYS_ADDRESS, **rules: Any) -> None:
        self.issuer = issuer
        self.seconds = 0.0
        trusted = [Issuer(issuer=ADDRESS, audience=AUDIENCE, jwks_url=jwks_url)]
        self.keys = IssuerKeys(
            trusted, issuer.client(), FetchRules(**{"timeout": 0.2, **rules}), lambda: self.seconds
        )

    async def accepts(self, token: str, now: datetime = NOW) -> bool:
        try:
            await self.keys.read(token, now)
        except InvalidToken:
            return False
        return True


@pytest.fixture
def issuer() -> StandInIssuer:
    return StandInIssuer()


@pytest.fixture
def house(issuer: StandInIssuer) -> House:
    return House(issuer)


def good(**changes: Any) -> dict[str, Any]:
    return claims_of(NOW, **changes)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"])
async def test_a_token_signed_with_two_keys_says_who_the_person_is(issuer, house, algorithm):
    key = issuer.rotate("it", algorithm)
    claims = await house.keys.read(issuer.sign(good(), key, alg=algorithm), NOW)
    assert (claims.issuer, claims.subject) == (ADDRESS, "248289761001")
    assert claims.expires_at == NOW + timedelta(hours=1)


async def test_keys_are_found_through_discovery_where_no_address_is_set(issuer):
    house = House(issuer, jwks_url=None)
    assert await house.accepts(issuer.sign(good()))
    assert issuer.requests == ["/auth/v1/.well-known/openid-configuration", "/auth/v1/.well-known/jwks.json"]


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://another.example", "jwks_uri": KEYS_ADDRESS},
        {"issuer": ADDRESS},
        {"issuer": ADDRESS, "jwks_uri": "http://issuer.example/keys"},
        {"issuer": ADDRESS, "jwks_uri": "file:///etc/passwd"},
        {"issuer": ADDRESS, "jwks_uri": 5},
        {"issuer": ADDRESS, "jwks_uri": "https://[::1/"},
    ],
)
async def test_a_configuration_that_is_not_the_issuers_or_leads_astray_is_not_followed(issuer, configuration):
    issuer.configuration = configuration
    with pytest.raises(IssuerUnreachable):
        await House(issuer, jwks_url=None).keys.read(issuer.sign(good()), NOW)
    assert issuer.requests == ["/auth/v1/.well-known/openid-configuration"]


async def test_keys_are_fetched_once_however_many_ask_at_once(issuer, house):
    token = issuer.sign(good())
    assert await asyncio.gather(*(house.accepts(token) for _ in range(50))) == [True] * 50
    assert len(issuer.requests) == 1


async def test_a_rotated_key_is_picked_up_at_its_first_token_and_the_old_one_is_gone(issuer, house):
    old = issuer.sign(good())
    assert await house.accepts(old)
    issuer.rotate("second")
    house.seconds = 6
    assert await house.accepts(issuer.sign(good()))
    assert not await house.accepts(old)


async def test_a_withdrawn_key_is_forgotten_when_the_keys_are_no_longer_fresh(issuer, house):
    old = issuer.sign(good())
    assert await house.accepts(old)
    issuer.rotate("second")
    house.seconds = 600
    assert await house.accepts(old)
    house.seconds = 601
    assert not await house.accepts(old)


async def test_invented_key_names_cannot_make_us_ask_more_than_once_in_five_seconds(issuer, house):
    assert await house.accepts(issuer.sign(good()))
    for number in range(200):
        house.seconds = number / 10
        assert not await house.accepts(issuer.sign(good(), new_key("ES256", f"invented-{number}")))
    assert len(issuer.requests) == 1 + 3


async def test_a_token_that_cannot_be_good_asks_for_nothing(issuer, house):
    secret = OctKey.import_key(b"x" * 32)
    for token in (
        issuer.sign(good(iss="https://another.example")),
        issuer.sign(good(iss=None)),
        issuer.sign(good(), secret, alg="HS256", kid="first"),
        issuer.sign(good(), alg="none"),
        "a.b.c",
    ):
        assert not await house.accepts(token)
    assert issuer.requests == []


async def test_a_public_key_is_no_shared_secret(issuer, house):
    key = issuer.rotate("it", "RS256")
    for public in (key.as_pem(), key.as_der(), key.as_dict(private=False)["n"].encode()):
        confused = OctKey(public, public)
        for algorithm in ("HS256", "HS384", "HS512"):
            token = issuer.sign(good(), confused, alg=algorithm, kid="it")
            assert not await house.accepts(token)


async def test_a_published_shared_secret_signs_nobody_in(issuer, house):
    secret = OctKey.import_key(b"x" * 32)
    issuer.extra_entries = [{**secret.as_dict(), "kid": "secret"}]
    assert not await house.accepts(issuer.sign(good(), secret, alg="HS256", kid="secret"))


@pytest.mark.parametrize(
    ("restriction", "is_accepted"),
    [
        ({"alg": "RS256"}, True),
        ({"key_ops": ["verify"]}, True),
        ({"alg": "PS256"}, False),
        ({"alg": "HS256"}, False),
        ({"use": "enc"}, False),
        ({"use": None}, False),
        ({"key_ops": ["sign"]}, False),
        ({"kid": 5}, False),
        ({"kid": "another"}, False),
    ],
)
async def test_a_key_published_for_one_purpose_serves_no_other(issuer, house, restriction, is_accepted):
    key = new_key("RS256", "restricted")
    issuer.extra_entries = [{**key.as_dict(private=False), **restriction}]
    assert await house.accepts(issuer.sign(good(), key)) is is_accepted


async def test_a_key_of_another_kind_under_the_same_name_is_not_mistaken_for_it(issuer, house):
    rsa = new_key("RS256", "it")
    ec = issuer.rotate("it", "ES256")
    issuer.extra_entries = [rsa.as_dict(private=False)]
    assert await house.accepts(issuer.sign(good(), ec))
    assert await house.accepts(issuer.sign(good(), rsa))
    assert not await house.accepts(issuer.sign(good(), new_key("EdDSA", "it")))


async def test_without_a_key_name_the_only_fitting_key_is_used_and_two_are_none(issuer, house):
    token = issuer.sign(good(), kid=None)
    issuer.extra_entries = [new_key("EdDSA", "other kind").as_dict(private=False)]
    assert await house.accepts(token)
    issuer.add_key("second", "ES256")
    house.seconds = 601
    assert not await house.accepts(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else"},
        {"aud": ["somebody-else", "another"]},
        {"aud": []},
        {"aud": None},
        {"aud": {AUDIENCE: True}},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "x" * 256},
        {"sub": "a\x00b"},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": 10**15},
    ],
)
async def test_a_token_for_somebody_else_or_about_nobody_is_refused(issuer, house, changes):
    assert not await house.accepts(issuer.sign(good(**changes)))


async def test_an_audience_among_several_is_enough(issuer, house):
    assert await house.accepts(issuer.sign(good(aud=["somebody-else", AUDIENCE])))


async def test_an_expired_token_says_so_only_when_it_was_good(issuer, house):
    late = NOW + timedelta(hours=2)
    with pytest.raises(ExpiredToken):
        await house.keys.read(issuer.sign(good()), late)
    forged = issuer.sign(good(), new_key("ES256", "first"))
    assert not await house.accepts(forged, late)


async def test_clocks_may_differ_by_a_minute_and_no_more(issuer, house):
    now = int(NOW.timestamp())
    assert await house.accepts(issuer.sign(good(exp=now - 59)))
    with pytest.raises(ExpiredToken):
        await house.keys.read(issuer.sign(good(exp=now - 60)), NOW)
    for name in ("nbf", "iat"):
        assert await house.accepts(issuer.sign(good(**{name: now + 60})))
        assert not await house.accepts(issuer.sign(good(**{name: now + 61})))


@pytest.mark.parametrize(
    "mood", [Mood.FAILING, Mood.GARBAGE, Mood.HANGING, Mood.HUGE, Mood.REDIRECTING, Mood.DISCONNECTED]
)
@pytest.mark.parametrize("jwks_url", [KEYS_ADDRESS, None])
async def test_an_issuer_that_fails_at_first_is_unreachable_for_now_and_good_again_later(
    issuer, mood, jwks_url
):
    house = House(issuer, jwks_url=jwks_url)
    issuer.mood = mood
    with pytest.raises(IssuerUnreachable) as caught:
        await house.keys.read(issuer.sign(good()), NOW)
    assert caught.value.extensions == {"code": "UNAUTHENTICATED", "isTemporary": True}
    issuer.mood = Mood.WELL
    issuer.requests.clear()
    with pytest.raises(IssuerUnreachable):
        await house.keys.read(issuer.sign(good()), NOW)
    assert issuer.requests == []
    house.seconds = 5
    assert await house.accepts(issuer.sign(good()))


@pytest.mark.parametrize("mood", [Mood.FAILING, Mood.GARBAGE, Mood.HANGING, Mood.HUGE, Mood.DISCONNECTED])
async def test_known_keys_serve_for_a_day_while_the_issuer_fails(issuer, house, mood):
    token = issuer.sign(good())
    assert await house.accepts(token)
    issuer.mood = mood
    house.seconds = 86_400
    assert await house.accepts(token)
    house.seconds = 86_401
    with pytest.raises(IssuerUnreachable):
        await house.keys.read(token, NOW)


async def test_an_issuer_that_hangs_keeps_nobody_waiting_once_that_is_known(issuer):
    house = House(issuer, timeout=3600)
    token = issuer.sign(good())
    assert await house.accepts(token)
    house.seconds = 601
    issuer.mood = Mood.FAILING
    assert await house.accepts(token)
    house.seconds = 607
    issuer.mood = Mood.HANGING
    assert await house.accepts(token)
    await asyncio.sleep(0)
    assert len(issuer.requests) == 3
    await house.keys.close()


async def test_a_fetch_outlives_the_caller_who_asked_first(issuer, house):
    issuer.mood = Mood.HANGING
    token = issuer.sign(good())
    first = asyncio.create_task(house.accepts(token))
    second = asyncio.create_task(house.accepts(token))
    await issuer.asked.wait()
    first.cancel()
    issuer.released.set()
    assert await second
    assert len(issuer.requests) == 1


async def test_an_empty_key_set_does_not_take_the_known_keys_away(issuer, house):
    token = issuer.sign(good())
    assert await house.accepts(token)
    issuer.published.clear()
    house.seconds = 601
    assert await house.accepts(token)


async def test_one_issuer_may_serve_two_audiences(issuer):
    trusted = [Issuer(issuer=ADDRESS, audience=name, jwks_url=KEYS_ADDRESS) for name in ("web", "mobile")]
    keys = IssuerKeys(trusted, issuer.client(), RULES)
    assert await keys.read(issuer.sign(good(aud="web")), NOW)
    assert await keys.read(issuer.sign(good(aud="mobile")), NOW)
    with pytest.raises(InvalidToken):
        await keys.read(issuer.sign(good(aud="desktop")), NOW)
    assert len(issuer.requests) == 1


@pytest.mark.parametrize(
    ("address", "jwks_url"),
    [
        ("http://issuer.example", None),
        ("https://issuer.example", "http://issuer.example/keys"),
        ("http://localhost:9000", None),
        ("crossfade", None),
        ("https://", None),
        ("https://[::1", None),
        ("file:///etc/passwd", None),
    ],
)
async def test_an_address_that_is_not_https_is_a_wrong_setting_in_one_line(issuer, address, jwks_url):
    trusted = [Issuer(issuer=address, audience=AUDIENCE, jwks_url=jwks_url)]
    with pytest.raises(SettingsError, match=r"^CROSSFADE_ISSUERS: [^\n]+$"):
        IssuerKeys(trusted, issuer.client(), RULES)


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:9000"])
async def test_development_may_use_an_issuer_on_this_machine(issuer, host):
    trusted = [Issuer(issuer=f"http://{host}", audience=AUDIENCE)]
    IssuerKeys(trusted, issuer.client(), FetchRules(is_plain_http_allowed=True))
    with pytest.raises(SettingsError):
        IssuerKeys(
            [Issuer(issuer="http://issuer.example", audience=AUDIENCE)],
            issuer.client(),
            FetchRules(is_plain_http_allowed=True),
        )


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(max_size=20)
    | st.sampled_from(["RSA", "EC", "P-256"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kty", "n", "e", "crv", "x", "y", "kid", "use", "alg", "keys"]), inner
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(HOSTILE, max_size=4))
async def test_no_published_entry_breaks_the_good_key_beside_it(entries):
    issuer = StandInIssuer()
    issuer.extra_entries = entries
    assert await House(issuer).accepts(issuer.sign(good()))


@settings(deadline=None)
@given(HOSTILE | st.text(st.characters(codec=None, exclude_categories=()), max_size=300))
async def test_no_token_is_anything_but_unauthenticated(token):
    issuer = StandInIssuer()
    with pytest.raises(Unauthenticated):
        await House(issuer).keys.read(str(token), NOW)
    assert issuer.requests == []
