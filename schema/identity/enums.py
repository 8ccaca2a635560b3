"""The enums of identity, with a word on each value."""

from models.identity import Plan
from resolvers.identity.tokens import TokenDelivery
from schema.enums import described

__all__ = ["Plan", "TokenDelivery"]

described(
    Plan,
    "What a person pays for.",
    {"FREE": "Nothing.", "PRO": "The paid plan; `premium` in other products."},
)
described(
    TokenDelivery,
    "Where the refresh token goes.",
    {
        "BODY": "Into the answer, for native apps.",
        "COOKIE": "Into an HttpOnly, SameSite=Strict cookie, for browsers.",
    },
)
