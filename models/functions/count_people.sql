-- run by: triggers, as: crossfade_policy
-- Everybody is in the default room.
create or replace function app.count_people() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
  update public.chat_rooms
  set member_count = member_count + case tg_op when 'INSERT' then 1 else -1 end
  where is_default_room;
  return null;
end $$;
