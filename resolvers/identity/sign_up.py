"""Making an account."""

from collections.abc import Iterator
from itertools import islice
from random import Random, SystemRandom
from uuid import uuid4

from kit.errors import Problem, ProblemCode
from resolvers.context import Info, Write
from resolvers.identity.limits import address_key, take
from resolvers.identity.people import NewPerson, make_person
from resolvers.identity.tokens import SignedIn, TokenDelivery, check_delivery, open_session, sign_in_as
from services.identity.rules import SignUp, check_sign_up
from services.identity.usernames import invent_username

_INVENTIONS = 10
_TAKEN = {
    "username_taken": Problem(ProblemCode.TAKEN, "This user name is taken.", field=["username"]),
    "email_taken": Problem(ProblemCode.TAKEN, "There is an account with this address.", field=["email"]),
}


async def sign_up(
    info: Info,
    email: str,
    password: str,
    username: str | None = None,
    display_name: str | None = None,
    delivery: TokenDelivery | None = None,
) -> SignedIn:
    """Make an account and sign in. Raises Problem TAKEN or LIMIT_REACHED, or Problems: all that is wrong."""
    context = info.context
    check_delivery(context, delivery)
    wanted = check_sign_up(email=email, password=password, username=username, display_name=display_name)
    await _take_turn(info)
    password_hash = await context.services.passwords.hash(wanted.password)
    async with context.write() as write:
        new = await _make(write, wanted, password_hash)
        session = await open_session(write, context, new.person)
    return sign_in_as(context, session, delivery)


async def _take_turn(info: Info) -> None:
    context = info.context
    async with context.write() as write:
        refused = await take(
            write, "signUp", context.services.settings.rate_sign_up, address_key(context.request.address)
        )
    if refused:
        raise refused


async def _make(write: Write, wanted: SignUp, password_hash: str) -> NewPerson:
    outcome = "username_taken"
    for username in _usernames(wanted.username, SystemRandom()):
        new = NewPerson(uuid4(), username, wanted.display_name, wanted.email, password_hash)
        outcome = await make_person(write, new)
        if outcome == "made":
            return new
        if outcome != "username_taken":
            break
    raise _TAKEN[outcome]


def _usernames(wanted: str | None, rng: Random) -> Iterator[str]:
    if wanted is not None:
        return iter([wanted])
    return islice(iter(lambda: invent_username(rng), None), _INVENTIONS)
