-- run by: triggers, as: crossfade_policy
-- Keeps chat_rooms.member_count; the default room counts all people instead (count_people).
create or replace function app.count_room_members() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
  if tg_op = 'INSERT' then
    update public.chat_rooms set member_count = member_count + 1 where id = new.room_id and not is_default_room;
  else
    update public.chat_rooms set member_count = member_count - 1 where id = old.room_id and not is_default_room;
  end if;
  return null;
end $$;
