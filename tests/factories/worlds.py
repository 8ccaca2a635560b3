"""A person, their room, what was said there, and as many of everything as is wanted."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from kit.ids import global_id
from kit.pages import Cursors
from services.identity.usernames import username_key
from tests.factories.identity import People, Person
from tests.factories.rooms import Place, Rooms

# Triggers and foreign keys would check ten thousand rows one by one; the counts are set at the end instead.
QUICKLY = "set session_replication_role = replica"
CAREFULLY = "set session_replication_role = origin"

MEMBERS = """
    with made as (
      insert into users (username, username_key, display_name)
      select name, key, 'Mira ' || n from unnest($2::text[], $3::text[]) with ordinality t (name, key, n)
      returning id),
    entered as (insert into room_members (room_id, user_id) select $1, id from made)
    insert into accounts (user_id) select id from made"""
MESSAGES = """
    with speakers as (
      select user_id, row_number() over () - 1 as place from (
        select m.user_id from room_members m join users u on u.id = m.user_id
        where m.room_id = $1 order by m.role, u.username limit 3) first)
    insert into chat_messages (room_id, user_id, content, client_key, input_hash, reply_to_id, edited_at)
    select $1, s.user_id, 'Listen to number ' || n, gen_random_uuid(), '', $3, now()
    from generate_series(1, $2::int) n join speakers s on s.place = n % 3 order by n"""
REACTIONS = """
    insert into message_reactions (message_id, user_id, emoji, room_id)
    select m.id, $2, emoji, m.room_id
    from chat_messages m, unnest(array['🎵', '🥁']) emoji where m.room_id = $1"""
ROOMS = """
    with made as (
      insert into chat_rooms (name, description, is_private, created_by)
      select 'Midnight ' || n, 'After hours', n % 2 = 0, $2 from generate_series(1, $1::int) n returning id),
    entered as (insert into room_members (room_id, user_id, role) select id, $2, 'owner' from made)
    insert into chat_messages (room_id, user_id, content, client_key, input_hash)
    select id, $3, 'Still awake?', gen_random_uuid(), '' from made"""
SESSIONS = """
    insert into user_sessions (user_id, user_agent, created_at, expires_at)
    select $2, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      now() - make_interval(mins => n), now() + interval '30 days' from generate_series(1, $1::int) n"""
IDENTITIES = """
    insert into user_identities (user_id, issuer, subject)
    select $2, 'https://issuer.example', 'subject-' || n from generate_series(1, $1::int) n"""
COUNTS = """
    update chat_rooms r set
      member_count = case when r.is_default_room then (select count(*) from users)
        else (select count(*) from room_members m where m.room_id = r.id) end,
      last_message_id = coalesce((select max(id) from chat_messages m where m.room_id = r.id), 0)"""


MARKER = "update room_members set last_read_message_id = $3 where room_id = $1 and user_id = $2"
FOUND = """
    select
      (select id from users where display_name = 'Mira 1') as mira,
      (select max(id) from chat_messages where room_id = $1) as last,
      (select id from user_sessions where id <> $2 order by created_at limit 1) as spare"""
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class World:
    """What ada sees, who owns the room. All messages but two quote `quoted`; `read` is her marker."""

    ada: Person
    mira: Person
    """Another member."""
    bela: Person
    """Has spoken elsewhere."""
    place: Place
    quoted: int
    read: int
    last: int
    spare_session: UUID
    rows: int
    members: int

    def message(self, id_: int) -> str:
        """As clients name it."""
        return global_id("Message", id_)

    def cursor(self, id_: int) -> str:
        """Where a message stands in the room."""
        return Cursors(f"messages:{self.place.id}", (int,)).at(id_)


def mira(n: int) -> str:
    """The n-th member's user name: in letters, because 1 is taken for l and sorts behind 9."""
    return "mira-" + "".join("abcdefghij"[int(digit)] for digit in f"{n:05}")


class Worlds:
    """Makes one world."""

    def __init__(self, admin: asyncpg.Connection, people: People, rooms: Rooms) -> None:
        self._admin, self._people, self._rooms = admin, people, rooms

    async def world(self, *, rows: int, members: int) -> World:
        """`rows` messages behind two old ones, rooms, sessions and identities; `members` in the room."""
        ada = await self._people.device(await self._people.person("ada", password=PASSWORD))
        bela = await self._people.person("bela")
        place = await self._rooms.room(ada, name="Midday")
        quoted, read = [await self._rooms.message(place, ada, text) for text in ("Welcome", "Slowly now")]
        await self._admin.execute(QUICKLY)
        names = [mira(n) for n in range(1, members)]
        await self._admin.execute(MEMBERS, place.id, names, [username_key(name) for name in names])
        await self._admin.execute(MESSAGES, place.id, rows, quoted)
        await self._admin.execute(REACTIONS, place.id, ada.id)
        await self._admin.execute(ROOMS, rows, ada.id, bela.id)
        await self._admin.execute(SESSIONS, rows, ada.id)
        await self._admin.execute(IDENTITIES, rows, ada.id)
        await self._admin.execute(COUNTS)
        await self._admin.execute(MARKER, place.id, ada.id, read)
        await self._admin.execute(CAREFULLY)
        await self._admin.execute("analyze")
        found = await self._admin.fetchrow(FOUND, place.id, ada.session_id)
        other = Person(found["mira"], mira(1))
        return World(ada, other, bela, place, quoted, read, found["last"], found["spare"], rows, members)
