"""Who may do what with the rows of each table: tests hold the database to it, docs/permissions.md shows it.

A row of a table begins with what is done; then there is a cell for each of ACTORS, or one for all of them:
denied (no such right at all), none (a right, and no row that it is for), all, or which rows: of oneself
(own), of rooms (default, public, private). New rows are taken (yes) or refused.
"""

ACTORS = ("nobody", "stranger", "member", "moderator", "owner", "muted", "banned")
"""Nobody is signed in; the stranger is. The others are, or were, in a public and in a private room."""

CLOSED = """
    select | denied
    insert | denied
    update | denied
    delete | denied
"""

TABLES = {
    "users": """
        select                                     | none | all | all | all | all | all | all
        insert                                     | denied
        update username, username_key, display_name | none | own | own | own | own | own | own
        delete                                     | denied
    """,
    "accounts": """
        select | none | own | own | own | own | own | own
        insert | denied
        update | denied
        delete | denied
    """,
    "credentials": CLOSED,
    "user_identities": """
        select | none | own | own | own | own | own | own
        insert | denied
        update | denied
        delete | denied
    """,
    "user_sessions": """
        select            | none | own | own | own | own | own | own
        insert            | denied
        update revoked_at | none | own | own | own | own | own | own
        delete            | denied
    """,
    "refresh_tokens": CLOSED,
    "rate_buckets": CLOSED,
    "idempotency_keys": """
        select           | none    | own     | own     | own     | own     | own     | own
        insert own       | refused | yes     | yes     | yes     | yes     | yes     | yes
        insert another's | refused | refused | refused | refused | refused | refused | refused
        update           | denied
        delete           | denied
    """,
    "chat_rooms": """
        select             | none    | default, public | all  | all     | all     | all     | default
        insert own         | refused | yes             | yes  | yes     | yes     | yes     | yes
        insert another's   | refused | refused         | refused | refused | refused | refused | refused
        insert own default | refused | refused         | refused | refused | refused | refused | refused
        update name, description, is_private, slow_mode_seconds \
                           | none | none | none | public, private | public, private | none | none
        delete             | none    | none            | none | none    | public, private | none | none
    """,
    "room_members": """
        select                | none    | default, public | all     | all     | all     | all     | default
        insert own, default   | refused | yes             | yes     | yes     | yes     | yes     | yes
        insert own, public    | refused | yes             | yes     | yes     | yes     | yes     | refused
        insert own, private   | refused | refused         | refused | refused | refused | refused | refused
        insert own as owner   | refused | refused         | refused | refused | refused | refused | refused
        insert another's      | refused | refused         | refused | refused | refused | refused | refused
        update last_read_message_id, notify, last_posted_at | none | none | own | own | own | own | own
        delete                | denied
    """,
    "room_bans": """
        select | none | none | none | all | all | none | none
        insert | denied
        update | denied
        delete | denied
    """,
    "chat_messages": """
        select              | none    | default, public | all     | all     | all     | all     | default
        insert own, default | refused | refused         | yes     | yes     | yes     | yes     | yes
        insert own, public  | refused | refused         | yes     | yes     | yes     | refused | refused
        insert own, private | refused | refused         | yes     | yes     | yes     | refused | refused
        insert another's    | refused | refused         | refused | refused | refused | refused | refused
        update content, edited_at, deleted_at, deleted_by \
                            | none | own default, own public | own | own | own | own | own default
        delete              | denied
    """,
    "message_reactions": """
        select                  | none    | default, public | all     | all     | all     | all     | default
        insert own, default     | refused | refused         | yes     | yes     | yes     | yes     | yes
        insert own, public      | refused | refused         | yes     | yes     | yes     | refused | refused
        insert own, private     | refused | refused         | yes     | yes     | yes     | refused | refused
        insert own, wrong room  | refused | refused         | refused | refused | refused | refused | refused
        insert another's        | refused | refused         | refused | refused | refused | refused | refused
        update                  | denied
        delete                  | none | own default, own public | own | own | own | own | own default
    """,
    "topics": CLOSED,
    "events": CLOSED,
    "pgqueuer": CLOSED,
    "pgqueuer_log": CLOSED,
    "pgqueuer_schedules": CLOSED,
    "pgqueuer_statistics": CLOSED,
}


def rows(table: str) -> list[tuple[str, str, dict[str, str]]]:
    """What is done, to what (columns, or a kind of new row), and the cell of each actor."""
    found = []
    for line in TABLES[table].strip().splitlines():
        done, *cells = (cell.strip() for cell in line.split("|"))
        command, _, what = done.partition(" ")
        assert len(cells) in {1, len(ACTORS)}, (table, line)
        found.append(
            (command, what.strip(), dict(zip(ACTORS, cells * (len(ACTORS) // len(cells)), strict=True)))
        )
    return found
