-- run by: crossfade_gateway
-- Move the viewer's read marker in a room forward to a message, never back.
-- A whole transaction by itself, called outside of any: it says who asks, for its own length. Runs with the
-- viewer's own rights. Outcomes: read, message_not_found, not_found, not_in_room, not_a_member.
create or replace function app.mark_read(
  viewer uuid, room uuid, message bigint, out outcome text)
language plpgsql set search_path = pg_catalog
as $$
declare
  done text;  -- an expression that is assigned costs less than a query that is performed
  said_in uuid;
  is_default boolean;
begin
  done := set_config('app.viewer', coalesce(viewer::text, ''), true);
  select m.room_id into said_in from public.chat_messages m where m.id = message;
  if not found then
    outcome := 'message_not_found';
    return;
  end if;
  select r.is_default_room into is_default from public.chat_rooms r where r.id = room;
  if not found then
    outcome := 'not_found';
    return;
  elsif said_in <> room then
    outcome := 'not_in_room';
    return;
  end if;
  update public.room_members m set last_read_message_id = greatest(m.last_read_message_id, message)
  where m.room_id = room and m.user_id = viewer;
  if not found and is_default then
    -- Everybody is in the default room, with a row or without.
    insert into public.room_members as m (room_id, user_id, last_read_message_id) values (room, viewer, message)
    on conflict (room_id, user_id) do update
    set last_read_message_id = greatest(m.last_read_message_id, excluded.last_read_message_id);
  end if;
  outcome := case when found then 'read' else 'not_a_member' end;
end $$;
