-- run by: crossfade_gateway, as: crossfade_policy
-- Rooms that the viewer is in. Definer, because rooms and members would ask each other for ever.
create or replace function app.viewer_rooms() returns setof uuid
language sql stable parallel safe security definer set search_path = pg_catalog
as $$
  select m.room_id from public.room_members m
  where m.user_id = app.viewer()
    and not exists (
      select from public.room_bans b
      where b.room_id = m.room_id and b.user_id = m.user_id
        and (b.expires_at is null or b.expires_at > now()))
$$;
