-- run by: crossfade_gateway, as: crossfade_policy
-- Rooms that the viewer may not enter: a ban wins over everything.
create or replace function app.viewer_banned_rooms() returns setof uuid
language sql stable parallel safe security definer set search_path = pg_catalog
as $$
  select b.room_id from public.room_bans b
  where b.user_id = app.viewer() and (b.expires_at is null or b.expires_at > now())
$$;
