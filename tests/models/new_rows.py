"""New rows of each kind for each table, as {me}, and what columns may be changed to."""


def into(table, **values):
    """An insert; names of people and rooms stand for their ids."""
    return f"insert into {table} ({', '.join(values)}) values ({', '.join(values.values())})"


def id_of(name):
    return f"test.id('{name}')"


ME, GUEST = id_of("{me}"), id_of("guest")
PUBLIC, PRIVATE, DEFAULT = (id_of(room) for room in ("public", "private", "default"))


def kept(whose):
    return into(
        "idempotency_keys",
        user_id=whose,
        operation="'new'",
        client_key="gen_random_uuid()",
        input_hash="''",
        result="'[]'",
    )


def room(whose, *, is_default="false"):
    return into("chat_rooms", name="'new'", created_by=whose, is_default_room=is_default)


def place(whose, where, role="member"):
    return into("room_members", room_id=where, user_id=whose, role=f"'{role}'")


def message(whose, where):
    words = {"content": "'new'", "client_key": "gen_random_uuid()", "input_hash": "''"}
    return into("chat_messages", room_id=where, user_id=whose, **words)


def reaction(whose, where, said_in):
    said = f"{{message in {said_in}}}"
    return into("message_reactions", message_id=said, user_id=whose, emoji="'new'", room_id=where)


def job(table, **values):
    return into(table, priority="0", status="'queued'", entrypoint="'new'", **values)


NEW = {
    "users": {"": into("users", username="'new'", username_key="'new'")},
    "accounts": {"": into("accounts", user_id=GUEST)},
    "credentials": {"": into("credentials", user_id=GUEST, password_hash="''")},
    "user_identities": {"": into("user_identities", user_id=GUEST, issuer="'new'", subject="'new'")},
    "user_sessions": {"": into("user_sessions", user_id=GUEST, expires_at="now()")},
    "refresh_tokens": {
        "": into("refresh_tokens", token_hash="''", session_id=id_of("member"), expires_at="now()"),
    },
    "rate_buckets": {
        "": into("rate_buckets", operation="'new'", key="'new'", tokens="1", updated_at="now()"),
    },
    "idempotency_keys": {"own": kept(ME), "another's": kept(GUEST)},
    "chat_rooms": {
        "own": room(ME),
        "another's": room(GUEST),
        "own default": room(ME, is_default="true"),
    },
    "room_members": {
        "own, default": place(ME, DEFAULT),
        "own, public": place(ME, PUBLIC),
        "own, private": place(ME, PRIVATE),
        "own as owner": place(ME, PUBLIC, "owner"),
        "another's": place(GUEST, PUBLIC),
    },
    "room_bans": {"": into("room_bans", room_id=PUBLIC, user_id=GUEST)},
    "chat_messages": {
        "own, default": message(ME, DEFAULT),
        "own, public": message(ME, PUBLIC),
        "own, private": message(ME, PRIVATE),
        "another's": message(GUEST, PUBLIC),
    },
    "message_reactions": {
        "own, default": reaction(ME, DEFAULT, "default"),
        "own, public": reaction(ME, PUBLIC, "public"),
        "own, private": reaction(ME, PRIVATE, "private"),
        "own, wrong room": reaction(ME, PUBLIC, "private"),
        "another's": reaction(GUEST, PUBLIC, "public"),
    },
    "topics": {"": into("topics", topic="'new'", seq="1")},
    "events": {"": into("events", topic="'new'", seq="1", kind="'made'", payload="'[]'")},
    "pgqueuer": {"": job("pgqueuer")},
    "pgqueuer_log": {"": job("pgqueuer_log", job_id="1")},
    "pgqueuer_schedules": {"": into("pgqueuer_schedules", expression="'new'", entrypoint="'new'")},
    "pgqueuer_statistics": {"": job("pgqueuer_statistics", count="1")},
}

CHANGE = {
    "username": "'changed'",
    "username_key": "'changed'",
    "display_name": "'changed'",
    "revoked_at": "now()",
    "name": "'changed'",
    "description": "'changed'",
    "is_private": "false",
    "slow_mode_seconds": "7",
    "last_read_message_id": "7",
    "notify": "'mentions'",
    "last_posted_at": "now()",
    "content": "'changed'",
    "edited_at": "now()",
    "deleted_at": "now(), content = null",
    "deleted_by": "null",
}
"""What a column that may be changed is set to. It reads nothing: what may be read has no part in it."""
