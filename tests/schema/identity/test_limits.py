"""serviceLimits."""

import pytest

from resolvers.identity.limits import address_key

LIMITS = """{ serviceLimits {
  maxDepth maxAliases maxTokens maxPageSize maxBodyBytes maxSubscriptionsPerSocket eventRetentionHours
  maxMessageLength rates { operation limit perSeconds }
} }"""


async def test_anybody_may_know_the_limits(client, settings):
    assert (await client.query(LIMITS)).data["serviceLimits"] == {
        "maxDepth": settings.max_depth,
        "maxAliases": settings.max_aliases,
        "maxTokens": settings.max_tokens,
        "maxPageSize": settings.max_page_size,
        "maxBodyBytes": settings.max_body_bytes,
        "maxSubscriptionsPerSocket": settings.max_subscriptions_per_socket,
        "eventRetentionHours": 24 * settings.event_retention_days,
        "maxMessageLength": settings.max_message_length,
        "rates": [
            {"operation": "signIn", "limit": 10, "perSeconds": 900},
            {"operation": "signUp", "limit": 5, "perSeconds": 3600},
            {"operation": "sendMessage", "limit": 5, "perSeconds": 5},
        ],
    }


async def test_the_limits_cost_no_message(client, statements):
    statements.clear()
    await client.query(LIMITS)
    assert statements.count == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_callers_are_told_apart_by_their_network(address, key):
    assert address_key(address) == key
