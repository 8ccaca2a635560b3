-- run by: triggers, as: crossfade_policy
create or replace function app.note_latest_message() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
  update public.chat_rooms set last_message_id = new.id where id = new.room_id and last_message_id < new.id;
  return null;
end $$;
