-- run by: crossfade_gateway, as: crossfade_policy
-- The viewer's ban from one room, if there is one: they may know until when.
create or replace function app.viewer_ban(room uuid) returns table (expires_at timestamptz)
language sql stable security definer set search_path = pg_catalog
as $$
  select b.expires_at from public.room_bans b
  where b.room_id = room and b.user_id = app.viewer() and (b.expires_at is null or b.expires_at > now())
$$;
