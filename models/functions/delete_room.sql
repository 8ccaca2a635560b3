-- run by: crossfade_gateway, as: crossfade_policy
-- Delete a room that the viewer owns, with everything in it; false where they do not, and for the default room.
create or replace function app.delete_room(room uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog
as $$
begin
  if room not in (select app.viewer_rooms_as('{owner}')) then
    return false;
  end if;
  -- In the order of all writers of a room: members, topic, room.
  perform from public.room_members m where m.room_id = room order by m.user_id for update;
  perform app.hold_topics(array['room:' || room]);
  delete from public.chat_rooms r
  where r.id = room and not r.is_default_room and r.id in (select app.viewer_rooms_as('{owner}'));
  return found;
end $$;
