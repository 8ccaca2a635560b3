"""How often a stranger may try something, and what everybody may know of the limits."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import Integer, String, func, select

from kit.errors import Problem, ProblemCode
from kit.settings import Rate
from kit.statements import Record, Statement, param
from resolvers.context import Info, Write
from services.identity.emails import sign_in_email

TAKE = Statement(
    select(
        func.app.take(
            param("operation", String()),
            param("key", String()),
            param("most", Integer()),
            param("per_seconds", Integer()),
        ).label("retry_at")
    ),
    Record,
)


@dataclass(frozen=True)
class OperationRate:
    """`operation` may be called `limit` times in `per_seconds`."""

    operation: str
    limit: int
    per_seconds: int


@dataclass(frozen=True)
class ServiceLimits:
    """What holds for everybody."""

    max_depth: int
    max_aliases: int
    max_tokens: int
    max_page_size: int
    max_body_bytes: int
    max_subscriptions_per_socket: int
    event_retention_hours: int
    max_message_length: int
    rates: list[OperationRate]


async def service_limits(info: Info) -> ServiceLimits:
    """As this installation is set."""
    settings = info.context.services.settings
    rates = {
        "signIn": settings.rate_sign_in,
        "signUp": settings.rate_sign_up,
        "sendMessage": settings.rate_send_message,
    }
    return ServiceLimits(
        max_depth=settings.max_depth,
        max_aliases=settings.max_aliases,
        max_tokens=settings.max_tokens,
        max_page_size=settings.max_page_size,
        max_body_bytes=settings.max_body_bytes,
        max_subscriptions_per_socket=settings.max_subscriptions_per_socket,
        event_retention_hours=settings.event_retention_days * 24,
        max_message_length=settings.max_message_length,
        rates=[OperationRate(name, rate.limit, rate.per_seconds) for name, rate in rates.items()],
    )


async def take(write: Write, operation: str, rate: Rate, *keys: str) -> Problem | None:
    """Take one turn of each key, up to the first that has none left. What was taken stays taken.

    The problem is returned: raised within the transaction, it would give the turns back. Callers name their
    keys in one order, so that no two of them wait for each other.
    """
    for key in keys:
        row = await write.fetchrow(
            TAKE, operation=operation, key=key, most=rate.limit, per_seconds=rate.per_seconds
        )
        if row is not None and row.retry_at is not None:
            return _limit_reached(rate, row.retry_at)
    return None


def account_key(email: str) -> str:
    """The bucket of an account, whether there is one or not: no address stands in it."""
    address = sign_in_email(email) or email.strip().lower()
    return sha256(address.encode("utf-8", "surrogatepass")).hexdigest()


def address_key(address: str) -> str:
    """The bucket of a caller's address. Of IPv6 it is the /64: who has one address there has them all."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Network((int(found), 64), strict=False))


def _limit_reached(rate: Rate, retry_at: datetime) -> Problem:
    message = "You have tried this too often. Try again later."
    return Problem(ProblemCode.LIMIT_REACHED, message, max=rate.limit, retry_at=retry_at)
