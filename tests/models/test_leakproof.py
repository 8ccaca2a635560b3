"""Indexes that row security puts out of use are known, and served by functions that check for themselves.

A condition that is not leakproof waits until a row's policies have let it through, so it finds nothing by an
index: a search of 0.3 ms takes 40 and more.
"""

import gc
import itertools
import pkgutil
from importlib import import_module

import resolvers
from kit.keyset import Keyset
from kit.statements import Statement
from models.access import ACCESS

SERVED = {
    "uq_accounts_email": ({"lower"}, "auth_credentials"),
    "ix_users_display_name_prefix": ({"lower", "~~"}, "find_users"),
    "ix_users_username_key_prefix": ({"~~"}, "find_users"),
    "ix_chat_rooms_words": ({"@@", "@@@", "to_tsvector", "textcat"}, "find_rooms"),
    "ix_chat_rooms_name": ({"lower"}, None),
}
"""What of an index is not leakproof, and the definer function that asks it; None: it is read in order."""

WRITTEN = {"~~": "like", "@@@": "@@", "textcat": "||"}
IN_ORDER = "lower(chat_rooms.name)"
"""A page of rooms by name walks from the front of its index: right, and slow where there are very many."""

LEAKY = """
    with watched as (
      select i.*, c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid = any($1::regclass[]::oid[])
    ), uses as (
      select relname, o.oprname as name, o.oprcode as function
      from watched, unnest(indclass) class
      join pg_opclass k on k.oid = class
      join pg_amop a on a.amopfamily = k.opcfamily and a.amoplefttype = k.opcintype
        and (a.amoprighttype = k.opcintype or k.opcmethod <> (select oid from pg_am where amname = 'btree'))
      join pg_operator o on o.oid = a.amopopr
      union
      select relname, p.proname, p.oid from watched,
        regexp_matches(indexprs::text, ':(?:funcid|opfuncid) (\\d+)', 'g') used
      join pg_proc p on p.oid = used[1]::oid
      union
      -- This class is for LIKE alone.
      select relname, '~~', 'textlike'::regproc from watched, unnest(indclass) class
      join pg_opclass k on k.oid = class where k.opcname like '%pattern_ops'
    )
    select relname, array_agg(distinct name) as names from uses join pg_proc p on p.oid = uses.function
    where not p.proleakproof group by 1"""


def statements():
    """Each statement that the resolvers can send."""
    for module in pkgutil.walk_packages(resolvers.__path__, "resolvers."):
        import_module(module.name)
    for thing in gc.get_objects():
        if isinstance(thing, Statement):
            yield thing.sql
        elif isinstance(thing, Keyset):
            for shape in itertools.product((False, True), repeat=3):
                yield thing._compile(*shape).sql


async def leaky(admin):
    tables = [access.table for access in ACCESS if access.read]
    return {row["relname"]: set(row["names"]) for row in await admin.fetch(LEAKY, tables)}


async def test_indexes_that_row_security_puts_out_of_use_are_known(admin):
    assert await leaky(admin) == {index: names for index, (names, _) in SERVED.items()}


async def test_the_guard_finds_a_new_one(admin):
    await admin.execute("""
        create index fresh_expression on chat_messages ((upper(content)));
        create index fresh_operator on chat_messages using gin (to_tsvector('simple'::regconfig, content));
        create index fresh_class on chat_messages (content text_pattern_ops);
        create index fresh_enum on accounts (plan);
        create index harmless on chat_messages (created_at, id) where deleted_at is null""")
    found = await leaky(admin)
    assert {index for index in found if index not in SERVED} == {
        "fresh_expression",
        "fresh_operator",
        "fresh_class",
        "fresh_enum",
    }


async def test_they_are_asked_by_functions_that_run_as_the_role_of_policies(admin):
    asking = {function for _, function in SERVED.values() if function}
    rows = await admin.fetch(
        "select proname, prosecdef, prosrc from pg_proc where proname = any($1)", sorted(asking)
    )
    assert {row["proname"] for row in rows if row["prosecdef"]} == asking
    for names, function in SERVED.values():
        for row in rows:
            if row["proname"] == function:
                assert all(WRITTEN.get(name, name) in row["prosrc"] for name in names), function


def test_no_statement_of_the_resolvers_asks_them():
    sent = set(statements())
    assert len(sent) > 100
    words = {"lower(", "to_tsvector", "@@", "~~", " like ", " ilike "}
    asking = {sql for sql in sent if any(word in sql.replace(IN_ORDER, "").lower() for word in words)}
    assert asking == set()
