-- run by: triggers, as: crossfade_policy
-- Who joins takes their turn before anything of the room is locked (the default room is never counted or deleted).
create or replace function app.hold_room() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
  if exists (select from public.chat_rooms r where r.id = new.room_id and not r.is_default_room) then
    perform app.hold_topics(array['room:' || new.room_id]);
  end if;
  return new;
end $$;
