"""People whom an outside issuer signs in."""

import asyncio
from datetime import timedelta

import pytest

from kit.clock import now
from resolvers.identity.external import user_of
from services.identity.claims import external_claims
from services.identity.usernames import clean_username

ISSUER = "https://id.example"


def claims(subject="one", **more):
    return external_claims(
        {"iss": ISSUER, "sub": subject, "exp": (now() + timedelta(hours=1)).timestamp(), **more}
    )


@pytest.fixture
def forget(services):
    """What a request knows that comes to another process, or a minute later."""
    return services.known_identities._known.clear


async def user(admin, id_):
    return await admin.fetchrow(
        "select username, display_name, email, email_verified_at, has_password, spotify_user_id"
        " from users u join accounts a on a.user_id = u.id where id = $1",
        id_,
    )


async def test_first_sight_makes_the_person_from_the_claims(services, admin):
    found = await user_of(
        services,
        claims(
            email="ada@example.com",
            user_metadata={"full_name": "Ada Lovelace", "user_name": "ada.l", "provider_id": "sp-1"},
            app_metadata={"provider": "spotify"},
        ),
    )
    assert tuple(await user(admin, found)) == (
        "ada.l",
        "Ada Lovelace",
        "ada@example.com",
        None,
        False,
        "sp-1",
    )
    kept = await admin.fetchrow("select issuer, subject, claims ->> 'sub' from user_identities")
    assert tuple(kept) == (ISSUER, "one", "one")


async def test_the_second_sight_finds_the_same_person(services, admin, forget):
    first = await user_of(services, claims())
    forget()
    assert await user_of(services, claims(email="new@example.com")) == first
    assert await admin.fetchval("select count(*) from users") == 1
    assert (await user(admin, first))["email"] is None


async def test_who_was_seen_a_moment_ago_costs_no_message(services, statements):
    await user_of(services, claims())
    statements.clear()
    await user_of(services, claims())
    assert statements.count == 0


async def test_a_name_is_invented_where_the_claims_have_none_and_is_not_the_address(services, admin):
    found = await user_of(services, claims(email="ada@example.com", preferred_username="ada@example.com"))
    row = await user(admin, found)
    assert clean_username(row["username"]) == row["username"]
    assert "ada" not in row["username"]
    assert row["display_name"] is None


async def test_a_name_that_is_taken_gets_a_suffix(services, admin, people):
    await people.person("ada.l")
    await people.person("ada.l-2")
    found = await user_of(services, claims(preferred_username="Ada.L"))
    assert (await user(admin, found))["username"] == "Ada.L-3"


async def test_a_name_that_many_have_gets_a_large_suffix(services, admin, people):
    for name in ("ada.l", *(f"ada.l-{number}" for number in range(2, 10))):
        await people.person(name)
    found = await user_of(services, claims(preferred_username="ada.l"))
    assert len((await user(admin, found))["username"]) > len("ada.l-9")


async def test_an_address_of_somebody_else_is_not_kept_and_links_to_nobody(services, admin, people):
    ada = await people.person("ada")
    found = await user_of(services, claims(email="ADA@example.com", email_verified=True))
    assert found != ada.id
    assert (await user(admin, found))["email"] is None


async def test_a_spotify_account_of_somebody_else_is_not_kept(services, admin):
    spotify = {"user_metadata": {"provider_id": "sp-1"}, "app_metadata": {"provider": "spotify"}}
    first = await user_of(services, claims("one", **spotify))
    second = await user_of(services, claims("two", **spotify))
    assert [(await user(admin, each))["spotify_user_id"] for each in (first, second)] == ["sp-1", None]


async def test_a_provider_id_of_another_provider_is_no_spotify_account(services, admin):
    found = await user_of(
        services, claims(user_metadata={"provider_id": "g-1"}, app_metadata={"provider": "google"})
    )
    assert (await user(admin, found))["spotify_user_id"] is None


async def test_many_first_sights_at_once_end_in_one_person(services, admin):
    same = claims(email="ada@example.com", preferred_username="ada.l")
    found = await asyncio.gather(*(user_of(services, same) for _ in range(20)))
    assert len(set(found)) == 1
    assert await admin.fetchval("select array_agg(username) from users") == ["ada.l"]


async def test_many_people_of_one_name_at_once_all_get_in(services, admin):
    everybody = [
        claims(f"subject-{number}", email="us@example.com", preferred_username="ada.l")
        for number in range(10)
    ]
    found = await asyncio.gather(*(user_of(services, each) for each in everybody))
    assert len(set(found)) == 10
    assert await admin.fetchval("select count(*) from accounts where email is not null") == 1


async def test_equal_subjects_of_two_issuers_are_two_people(services):
    other = external_claims(
        {"iss": "https://other.example", "sub": "one", "exp": (now() + timedelta(hours=1)).timestamp()}
    )
    assert await user_of(services, claims()) != await user_of(services, other)
