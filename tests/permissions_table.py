"""Who may ask for what: tests execute every cell, docs/permissions.md shows it.

A cell says what comes back for each of ACTORS: yes, null, the names in a list, or the code of the refusal.
"""

from dataclasses import dataclass

from tests.access_table import ACTORS

SIGNED_IN = "UNAUTHENTICATED yes yes yes yes yes yes"
EVERYBODY = "yes yes yes yes yes yes yes"
READABLE = {
    "default": SIGNED_IN,
    "public": "UNAUTHENTICATED yes yes yes yes yes null",
    "private": "UNAUTHENTICATED null yes yes yes yes null",
}
SEEN = {room: cells.replace("UNAUTHENTICATED", "null") for room, cells in READABLE.items()}
"""Of things found by their id: what one may not see is not there, and nobody sees nothing."""


@dataclass(frozen=True)
class Case:
    """One root field, asked for one thing. Words with a dollar sign are told by the scene."""

    kind: str
    field: str
    of: str
    arguments: str
    cells: str
    selection: str = ""

    @property
    def name(self) -> str:
        return f"{self.field}: {self.of}" if self.of else self.field

    @property
    def expected(self) -> dict[str, str]:
        return dict(zip(ACTORS, self.cells.split(), strict=True))

    @property
    def document(self) -> str:
        selection = self.selection or {"mutation": "userErrors { code }", "query": "id"}.get(
            self.kind, "__typename"
        )
        arguments = f"(input: {{ {self.arguments} }})" if self.kind == "mutation" else f"({self.arguments})"
        return f"{self.kind} {{ {self.field}{arguments if arguments != '()' else ''} {{ {selection} }} }}"


def query(field: str, of: str, arguments: str, cells: str, selection: str = "") -> Case:
    return Case("query", field, of, arguments, cells, selection)


def mutation(field: str, of: str, arguments: str, cells: str) -> Case:
    return Case("mutation", field, of, arguments, cells)


QUERIES = (
    query("viewer", "", "", "null yes yes yes yes yes yes"),
    query("serviceLimits", "", "", EVERYBODY, "maxDepth"),
    query("user", "another, by id", 'by: { id: "$other" }', SIGNED_IN),
    query("user", "another, by name", 'by: { username: "$other_name" }', SIGNED_IN),
    query("users", "", 'query: "$other_name"', SIGNED_IN, "nodes { id }"),
    query("room", "the default one", 'id: "$default"', READABLE["default"]),
    query("room", "a public one", 'id: "$public"', READABLE["public"]),
    query("room", "a private one", 'id: "$private"', READABLE["private"]),
    query("defaultRoom", "", "", SIGNED_IN),
    query(
        "rooms",
        "",
        "first: 100",
        "UNAUTHENTICATED default,public default,private,public default,private,public"
        " default,private,public default,private,public default",
        "nodes { name }",
    ),
    query("node", "oneself as viewer", 'id: "$viewer"', "null yes yes yes yes yes yes"),
    query("node", "another as viewer", 'id: "$other_viewer"', "null null null null null null null"),
    query("node", "another person", 'id: "$other"', "null yes yes yes yes yes yes"),
    query("node", "one's own session", 'id: "$session"', "null yes yes yes yes yes yes"),
    query("node", "another's session", 'id: "$other_session"', "null null null null null null null"),
    query("node", "the default room", 'id: "$default"', SEEN["default"]),
    query("node", "a public room", 'id: "$public"', SEEN["public"]),
    query("node", "a private room", 'id: "$private"', SEEN["private"]),
    query("node", "who is in a public room", 'id: "$public_member"', SEEN["public"]),
    query("node", "who is in a private room", 'id: "$private_member"', SEEN["private"]),
    query("node", "a message in the default room", 'id: "$default_message"', SEEN["default"]),
    query("node", "a message in a public room", 'id: "$public_message"', SEEN["public"]),
    query("node", "a message in a private room", 'id: "$private_message"', SEEN["private"]),
    query("nodes", "a message in a public room", 'ids: ["$public_message"]', SEEN["public"]),
    query("nodes", "a message in a private room", 'ids: ["$private_message"]', SEEN["private"]),
)

IDENTITY = (
    mutation("signUp", "", 'email: "$new@example.com", password: "$password"', EVERYBODY),
    mutation("signIn", "by the right password", 'email: "$other_email", password: "$password"', EVERYBODY),
    mutation(
        "signIn",
        "by a wrong password",
        'email: "$other_email", password: "wrong"',
        " ".join(["WRONG_CREDENTIALS"] * 7),
    ),
    mutation("refreshSession", "by a good token", 'refreshToken: "$refresh_token"', EVERYBODY),
    mutation(
        "refreshSession", "by none of ours", 'refreshToken: "none"', " ".join(["WRONG_CREDENTIALS"] * 7)
    ),
    mutation("signOut", "", "isEverywhere: false", SIGNED_IN),
    mutation("revokeSession", "one's own", 'sessionId: "$session"', SIGNED_IN),
    mutation(
        "revokeSession",
        "another's",
        'sessionId: "$other_session"',
        "UNAUTHENTICATED NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND",
    ),
    mutation("updateProfile", "one's own", 'displayName: "New"', SIGNED_IN),
)

ROOMS = (
    mutation("createRoom", "", 'name: "New", clientKey: "$key"', SIGNED_IN),
    mutation(
        "updateRoom",
        "the default one",
        'roomId: "$default", name: "New"',
        "UNAUTHENTICATED FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN",
    ),
    mutation(
        "updateRoom",
        "a public one",
        'roomId: "$public", name: "New"',
        "UNAUTHENTICATED FORBIDDEN FORBIDDEN yes yes FORBIDDEN NOT_FOUND",
    ),
    mutation(
        "updateRoom",
        "a private one",
        'roomId: "$private", name: "New"',
        "UNAUTHENTICATED NOT_FOUND FORBIDDEN yes yes FORBIDDEN NOT_FOUND",
    ),
    mutation(
        "deleteRoom",
        "the default one",
        'roomId: "$default"',
        "UNAUTHENTICATED FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN",
    ),
    mutation(
        "deleteRoom",
        "a public one",
        'roomId: "$public"',
        "UNAUTHENTICATED FORBIDDEN FORBIDDEN FORBIDDEN yes FORBIDDEN NOT_FOUND",
    ),
    mutation(
        "deleteRoom",
        "a private one",
        'roomId: "$private"',
        "UNAUTHENTICATED NOT_FOUND FORBIDDEN FORBIDDEN yes FORBIDDEN NOT_FOUND",
    ),
    mutation("joinRoom", "the default one", 'roomId: "$default"', SIGNED_IN),
    mutation("joinRoom", "a public one", 'roomId: "$public"', "UNAUTHENTICATED yes yes yes yes yes BANNED"),
    mutation(
        "joinRoom", "a private one", 'roomId: "$private"', "UNAUTHENTICATED NOT_FOUND yes yes yes yes BANNED"
    ),
    mutation(
        "leaveRoom",
        "the default one",
        'roomId: "$default"',
        "UNAUTHENTICATED " + " ".join(["NOT_ALLOWED_NOW"] * 6),
    ),
    mutation(
        "leaveRoom",
        "a public one",
        'roomId: "$public"',
        "UNAUTHENTICATED NOT_A_MEMBER yes yes yes yes NOT_FOUND",
    ),
    mutation(
        "leaveRoom",
        "a private one",
        'roomId: "$private"',
        "UNAUTHENTICATED NOT_FOUND yes yes yes yes NOT_FOUND",
    ),
)

MESSAGES = (
    mutation(
        "sendMessage",
        "the default room",
        'roomId: "$default", content: "Hello", clientKey: "$key"',
        SIGNED_IN,
    ),
    mutation(
        "sendMessage",
        "a public room",
        'roomId: "$public", content: "Hello", clientKey: "$key"',
        "UNAUTHENTICATED NOT_A_MEMBER yes yes yes MUTED BANNED",
    ),
    mutation(
        "sendMessage",
        "a private room",
        'roomId: "$private", content: "Hello", clientKey: "$key"',
        "UNAUTHENTICATED NOT_FOUND yes yes yes MUTED BANNED",
    ),
    mutation(
        "editMessage",
        "one's own in a public room",
        'messageId: "$public_own", content: "New"',
        "UNAUTHENTICATED NOT_A_MEMBER yes yes yes MUTED NOT_FOUND",
    ),
    mutation(
        "editMessage",
        "one's own in a private room",
        'messageId: "$private_own", content: "New"',
        "UNAUTHENTICATED NOT_FOUND yes yes yes MUTED NOT_FOUND",
    ),
    mutation(
        "editMessage",
        "another's in a public room",
        'messageId: "$public_message", content: "New"',
        "UNAUTHENTICATED FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN NOT_FOUND",
    ),
    mutation(
        "editMessage",
        "another's in a private room",
        'messageId: "$private_message", content: "New"',
        "UNAUTHENTICATED NOT_FOUND FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN NOT_FOUND",
    ),
    mutation(
        "deleteMessage",
        "one's own in a public room",
        'messageId: "$public_own"',
        "UNAUTHENTICATED yes yes yes yes yes NOT_FOUND",
    ),
    mutation(
        "deleteMessage",
        "one's own in a private room",
        'messageId: "$private_own"',
        "UNAUTHENTICATED NOT_FOUND yes yes yes yes NOT_FOUND",
    ),
    mutation(
        "deleteMessage",
        "another's in a public room",
        'messageId: "$public_message"',
        "UNAUTHENTICATED FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN NOT_FOUND",
    ),
    mutation(
        "deleteMessage",
        "another's in a private room",
        'messageId: "$private_message"',
        "UNAUTHENTICATED NOT_FOUND FORBIDDEN FORBIDDEN FORBIDDEN FORBIDDEN NOT_FOUND",
    ),
    mutation(
        "react",
        "in a public room",
        'messageId: "$public_message", emoji: "🎵"',
        "UNAUTHENTICATED NOT_A_MEMBER yes yes yes MUTED NOT_FOUND",
    ),
    mutation(
        "react",
        "in a private room",
        'messageId: "$private_message", emoji: "🎵"',
        "UNAUTHENTICATED NOT_FOUND yes yes yes MUTED NOT_FOUND",
    ),
    mutation(
        "unreact",
        "in a public room",
        'messageId: "$public_message", emoji: "🎵"',
        "UNAUTHENTICATED yes yes yes yes yes NOT_FOUND",
    ),
    mutation(
        "unreact",
        "in a private room",
        'messageId: "$private_message", emoji: "🎵"',
        "UNAUTHENTICATED NOT_FOUND yes yes yes yes NOT_FOUND",
    ),
    mutation("markRead", "the default room", 'roomId: "$default", messageId: "$default_message"', SIGNED_IN),
    mutation(
        "markRead",
        "a public room",
        'roomId: "$public", messageId: "$public_message"',
        "UNAUTHENTICATED NOT_A_MEMBER yes yes yes yes NOT_FOUND",
    ),
    mutation(
        "markRead",
        "a private room",
        'roomId: "$private", messageId: "$private_message"',
        "UNAUTHENTICATED NOT_FOUND yes yes yes yes NOT_FOUND",
    ),
)

SUBSCRIPTIONS = tuple(
    Case(
        "subscription",
        "roomEvents",
        of,
        f'roomId: "${room}"',
        READABLE[room].replace("null", "NOT_FOUND"),
    )
    for of, room in {
        "the default room": "default",
        "a public room": "public",
        "a private room": "private",
    }.items()
)

CASES = {"Queries": QUERIES, "Mutations": IDENTITY + ROOMS + MESSAGES, "Subscriptions": SUBSCRIPTIONS}
