-- run by: crossfade_gateway, as: crossfade_policy
-- Which of these people may read a room now, by the rule of its policies: one event is read once for all of them.
create or replace function app.room_readers(room uuid, people uuid[]) returns setof uuid
language sql stable security definer set search_path = pg_catalog
as $$
  select u.id
  from public.users u join public.chat_rooms r on r.id = room
  where u.id = any(people)
    and (not r.is_private
      or exists (select from public.room_members m where m.room_id = r.id and m.user_id = u.id))
    and not exists (
      select from public.room_bans b
      where b.room_id = r.id and b.user_id = u.id and (b.expires_at is null or b.expires_at > now()))
$$;
