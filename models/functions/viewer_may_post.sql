-- run by: crossfade_gateway, as: crossfade_policy
-- Whether the viewer may speak in a room: in it, neither banned nor muted.
create or replace function app.viewer_may_post(room uuid) returns boolean
language sql stable parallel safe security definer set search_path = pg_catalog
as $$
  select exists (
    select from public.room_members m
    where m.room_id = room and m.user_id = app.viewer()
      and (m.muted_until is null or m.muted_until <= now())
      and not exists (
        select from public.room_bans b
        where b.room_id = room and b.user_id = m.user_id
          and (b.expires_at is null or b.expires_at > now())))
$$;
