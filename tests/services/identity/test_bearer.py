from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kit.errors import Unauthenticated
from kit.settings import Issuer
from services.identity.bearer import read_bearer
from services.identity.claims import ExternalClaims
from services.identity.issuers import IssuerKeys
from services.identity.tokens import AccessClaims, AccessTokens
from tests.fakes.issuer import ADDRESS, AUDIENCE, KEYS_ADDRESS, StandInIssuer, claims_of

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ACCESS = AccessTokens("a secret that is long enough for anybody", timedelta(minutes=15))


@pytest.fixture
def issuer() -> StandInIssuer:
    return StandInIssuer()


@pytest.fixture
def issuers(issuer: StandInIssuer) -> IssuerKeys:
    return IssuerKeys([Issuer(issuer=ADDRESS, audience=AUDIENCE, jwks_url=KEYS_ADDRESS)], issuer.client())


async def test_our_own_token_is_read_with_our_own_key(issuer, issuers):
    user, session = uuid4(), uuid4()
    claims = await read_bearer(ACCESS.issue(user, session, NOW).value, ACCESS, issuers, NOW)
    assert isinstance(claims, AccessClaims)
    assert (claims.user_id, claims.session_id) == (user, session)
    assert issuer.requests == []


async def test_an_outside_token_is_read_with_its_issuers_key(issuer, issuers):
    claims = await read_bearer(issuer.sign(claims_of(NOW)), ACCESS, issuers, NOW)
    assert isinstance(claims, ExternalClaims)
    assert claims.issuer == ADDRESS


async def test_an_outside_issuer_cannot_speak_in_our_name_nor_anyone_in_its(issuer, issuers):
    session = {"sub": str(uuid4()), "sid": str(uuid4())}
    ours_by_them = issuer.sign(claims_of(NOW, iss="crossfade", aud="crossfade", **session))
    unknown = issuer.sign(claims_of(NOW, iss="https://unknown.example"))
    for token in (ours_by_them, unknown, "", "x.y.z"):
        with pytest.raises(Unauthenticated) as caught:
            await read_bearer(token, ACCESS, issuers, NOW)
        assert caught.value.message == "This token is not valid."
    assert issuer.requests == []
