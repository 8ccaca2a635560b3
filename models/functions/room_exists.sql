-- run by: crossfade_gateway, as: crossfade_policy
-- For a stream that ends: whether its room is gone, or only out of the viewer's sight.
create or replace function app.room_exists(room uuid) returns boolean
language sql stable security definer set search_path = pg_catalog
as $$
  select exists (select from public.chat_rooms r where r.id = room)
$$;
