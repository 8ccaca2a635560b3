-- run by: triggers, as: crossfade_policy
-- Keeps chat_rooms.member_count; the default room counts all people instead (count_people).
create or replace function app.count_room_members() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
declare
  room uuid := case tg_op when 'INSERT' then new.room_id else old.room_id end;
begin
  if exists (select from public.chat_rooms r where r.id = room and not r.is_default_room) then
    -- The topic before the room's row, as all writers of a room: a sender holds the one and wants the other.
    perform app.hold_topics(array['room:' || room]);
    update public.chat_rooms set member_count = member_count + case tg_op when 'INSERT' then 1 else -1 end
    where id = room;
  end if;
  return null;
end $$;
