-- run by: crossfade_gateway, as: crossfade_policy
-- Rooms in which the viewer has one of these roles.
create or replace function app.viewer_rooms_as(roles public.room_role[]) returns setof uuid
language sql stable parallel safe security definer set search_path = pg_catalog
as $$
  select m.room_id from public.room_members m
  where m.user_id = app.viewer() and m.role = any(roles)
    and m.room_id in (select app.viewer_rooms())
$$;
