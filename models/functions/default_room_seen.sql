-- run by: crossfade_gateway, as: crossfade_policy
-- Behind which message of the default room somebody's unread begins who has never been there; null for nobody.
-- Another's account is out of the reader's sight where one event is read once for many.
create or replace function app.default_room_seen(person uuid) returns bigint
language sql stable security definer set search_path = pg_catalog
as $$
  select a.default_room_seen_id from public.accounts a where a.user_id = person
$$;
