"""Signing in by password: neither the answer nor the time it takes tells whether there is an account."""

from uuid import UUID

from sqlalchemy import String, column, func, select

from kit.errors import Problem, ProblemCode
from kit.statements import Record, Statement, param
from resolvers.context import Context, Info
from resolvers.identity.limits import account_key, address_key, take
from resolvers.identity.tokens import SignedIn, TokenDelivery, check_delivery, open_session, sign_in_as
from services.identity.emails import sign_in_email


class CredentialsRow(Record):
    """Whose account it is, and what its password must match."""

    user_id: UUID
    password_hash: str


CREDENTIALS = Statement(
    select(column("user_id"), column("password_hash")).select_from(
        func.app.auth_credentials(param("email", String())).table_valued("user_id", "password_hash")
    ),
    CredentialsRow,
)


async def sign_in(info: Info, email: str, password: str, delivery: TokenDelivery | None = None) -> SignedIn:
    """Raises Problem WRONG_CREDENTIALS or LIMIT_REACHED."""
    context = info.context
    check_delivery(context, delivery)
    found = await _credentials(context, email)
    # Always, and before anything is decided by `found`.
    is_right = await context.services.passwords.verify(password, found.password_hash if found else None)
    if found is None or not is_right:
        raise Problem(ProblemCode.WRONG_CREDENTIALS, "The address or the password is wrong.")
    async with context.write() as write:
        session = await open_session(write, context, found.user_id)
    return sign_in_as(context, session, delivery)


async def _credentials(context: Context, email: str) -> CredentialsRow | None:
    rate = context.services.settings.rate_sign_in
    async with context.write() as write:
        # The address first: whoever has used up their own turns must not use up another person's.
        keys = (address_key(context.request.address), account_key(email))
        refused = await take(write, "signIn", rate, *keys)
        found = await write.fetchrow(CREDENTIALS, email=sign_in_email(email) or "")
    if refused:
        raise refused
    return found
