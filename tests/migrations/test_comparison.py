"""The comparison of databases notices whatever one holds otherwise than another."""

import pytest

from kit.inventory import compare, read_inventory

RIGHTS = ("delete", "insert", "maintain", "references", "select", "trigger", "truncate", "update")

CHANGES = {
    "a check is gone": (
        "alter table users drop constraint ck_users_username_length",
        ["missing: constraint public.users.ck_users_username_length"],
    ),
    "a check says something else": (
        """alter table users drop constraint ck_users_username_length;
        alter table users add constraint ck_users_username_length
          check (char_length(username) between 2 and 50)""",
        ["different: constraint public.users.ck_users_username_length"],
    ),
    "a foreign key deletes otherwise": (
        """alter table chat_rooms drop constraint fk_chat_rooms_created_by_users;
        alter table chat_rooms add constraint fk_chat_rooms_created_by_users
          foreign key (created_by) references users (id) on delete cascade""",
        ["different: constraint public.chat_rooms.fk_chat_rooms_created_by_users"],
    ),
    "a constraint may wait": (
        "alter table chat_rooms alter constraint fk_chat_rooms_created_by_users deferrable",
        ["different: constraint public.chat_rooms.fk_chat_rooms_created_by_users"],
    ),
    "an index has no condition": (
        """drop index uq_chat_rooms_default;
        create unique index uq_chat_rooms_default on chat_rooms (is_default_room)""",
        ["different: index public.uq_chat_rooms_default"],
    ),
    "an index is not unique": (
        "drop index uq_users_username_key; create index uq_users_username_key on users (username_key)",
        ["different: index public.uq_users_username_key"],
    ),
    "an index has another operator class": (
        """drop index ix_users_username_key_prefix;
        create index ix_users_username_key_prefix on users (username_key)""",
        ["different: index public.ix_users_username_key_prefix"],
    ),
    "an enum has one more value": (
        "alter type room_role add value 'guest' before 'member'",
        ["different: type public.room_role"],
    ),
    "an enum's value has another name": (
        "alter type plan_type rename value 'pro' to 'paid'",
        [
            "different: type public.plan_type",
        ],
    ),
    "a policy is gone": (
        "drop policy gateway_update on users",
        ["missing: policy public.users.gateway_update"],
    ),
    "a policy lets more through": (
        "alter policy gateway_update on users using (true)",
        ["different: policy public.users.gateway_update"],
    ),
    "a policy lets more in": (
        "alter policy gateway_insert on chat_messages with check (true)",
        ["different: policy public.chat_messages.gateway_insert"],
    ),
    "a policy is for everybody": (
        "alter policy gateway_select on users to public",
        ["different: policy public.users.gateway_select"],
    ),
    "a policy is for one role more": (
        "alter policy gateway_select on users to crossfade_gateway, crossfade_worker",
        ["different: policy public.users.gateway_select"],
    ),
    "there is one policy more": (
        "create policy more on users for select to crossfade_gateway using (true)",
        ["not declared: policy public.users.more"],
    ),
    "row security is off": (
        "alter table users disable row level security",
        ["different: table public.users"],
    ),
    "row security is not for the owner": (
        "alter table users no force row level security",
        ["different: table public.users"],
    ),
    "a table has another owner": (
        "alter table topics owner to crossfade_policy",
        [
            "different: table public.topics",
            *(
                f"not declared: grant of {right} on table public.topics to crossfade_policy"
                for right in ("maintain", "references", "trigger", "truncate")
            ),
            *(f"missing: grant of {right} on table public.topics to crossfade_owner" for right in RIGHTS),
        ],
    ),
    "a table is filled otherwise": (
        "alter table topics reset (fillfactor)",
        ["different: table public.topics"],
    ),
    "a trigger is gone": (
        "drop trigger users_counted on users",
        ["missing: trigger public.users.users_counted"],
    ),
    "a trigger sleeps": (
        "alter table users disable trigger users_counted",
        ["different: trigger public.users.users_counted"],
    ),
    "a default is another": (
        "alter table accounts alter locale set default 'de'",
        ["different: column public.accounts.locale"],
    ),
    "a column may be null": (
        "alter table users alter username_key drop not null",
        ["different: column public.users.username_key"],
    ),
    "a column is of another type": (
        "alter table rate_buckets alter tokens type real",
        ["different: column public.rate_buckets.tokens"],
    ),
    "a number may be chosen": (
        "alter table chat_messages alter id set generated by default",
        ["different: column public.chat_messages.id"],
    ),
    "numbers go round": (
        "alter sequence chat_messages_id_seq cycle",
        ["different: sequence public.chat_messages_id_seq"],
    ),
    "there is one column more": (
        "alter table users add column shoe_size int",
        ["not declared: column public.users.shoe_size"],
    ),
    "a function does something else": (
        """create or replace function app.viewer() returns uuid language sql stable parallel safe
        return gen_random_uuid()""",
        ["different: function app.viewer()"],
    ),
    "a function runs as its caller": (
        "alter function app.viewer_rooms() security invoker",
        ["different: function app.viewer_rooms()"],
    ),
    "a function's search path is open": (
        "alter function app.viewer_rooms() reset search_path",
        ["different: function app.viewer_rooms()"],
    ),
    "a function runs as somebody else": (
        "alter function app.room_exists(uuid) owner to crossfade_owner",
        [
            "different: function app.room_exists(uuid)",
            "missing: grant of execute on function app.room_exists(uuid) to crossfade_policy",
            "not declared: grant of execute on function app.room_exists(uuid) to crossfade_owner",
        ],
    ),
    "a function is for everybody": (
        "grant execute on function app.auth_credentials(text) to public",
        ["not declared: grant of execute on function app.auth_credentials(text) to public"],
    ),
    "a table is for everybody": (
        "grant select on credentials to public",
        ["not declared: grant of select on table public.credentials to public"],
    ),
    "a column is for the gateway": (
        "grant select (password_hash) on credentials to crossfade_gateway",
        ["not declared: grant of select on column public.credentials.password_hash to crossfade_gateway"],
    ),
    "a column is no more": (
        "revoke update (display_name) on users from crossfade_gateway",
        ["missing: grant of update on column public.users.display_name to crossfade_gateway"],
    ),
    "a right may be passed on": (
        "grant select on users to crossfade_gateway with grant option",
        ["different: grant of select on table public.users to crossfade_gateway"],
    ),
    "anybody may make things": (
        "grant create on schema public to public",
        ["not declared: grant of create on schema public to public"],
    ),
    "what is made later is for the gateway": (
        "alter default privileges for role crossfade_owner grant select on tables to crossfade_gateway",
        ["not declared: default grants of crossfade_owner in all schemas on r"],
    ),
    "a type is not for everybody": (
        "revoke usage on type room_role from public",
        ["missing: grant of usage on type public.room_role to public"],
    ),
    "there is a view, past row security": (
        """create view everybody as select count(*) as number from users;
        alter view everybody owner to crossfade_owner""",
        [
            "not declared: view public.everybody",
            "not declared: column public.everybody.number",
            *(
                f"not declared: grant of {right} on table public.everybody to crossfade_owner"
                for right in RIGHTS
            ),
        ],
    ),
    "there is a rule": (
        "create rule quiet as on delete to topics do instead nothing",
        ["not declared: rule public.topics.quiet"],
    ),
    "an extension is gone": (
        "drop extension vector",
        ["missing: extension vector"],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_the_comparison_notices_that(change, admin):
    sql, expected = CHANGES[change]
    before = await read_inventory(admin)
    await admin.execute(sql)
    told = compare(await read_inventory(admin), before)
    assert sorted(line.split(" is ")[0] for line in told) == sorted(expected)
