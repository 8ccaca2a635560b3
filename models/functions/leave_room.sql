-- run by: crossfade_gateway, as: crossfade_policy
-- Take the viewer out of a room; the last owner names another first.
-- Outcomes: left, handed_over (left, and another owns it now), not_a_member, default_room, needs_owner,
-- owner_not_a_member.
create or replace function app.leave_room(room uuid, new_owner uuid) returns text
language plpgsql security definer set search_path = pg_catalog
as $$
declare
  me uuid := app.viewer();
  my_role public.room_role;
  is_handed_over boolean := false;
begin
  if exists (select from public.chat_rooms r where r.id = room and r.is_default_room) then
    return 'default_room';
  end if;
  -- In the order of all writers of a room, so that none waits for another in a circle: members, topic, room.
  perform from public.room_members m where m.room_id = room and m.user_id in (me, new_owner)
  order by m.user_id for update;
  -- It is the lock of ownership, too: two last owners cannot both leave.
  perform app.hold_topics(array['room:' || room]);
  select m.role into my_role from public.room_members m where m.room_id = room and m.user_id = me;
  if not found then
    return 'not_a_member';
  end if;
  if new_owner is not null and my_role = 'owner' then
    update public.room_members m set role = 'owner'
    where m.room_id = room and m.user_id = new_owner and m.user_id <> me;
    if not found then
      return 'owner_not_a_member';
    end if;
    is_handed_over := true;
  end if;
  if my_role = 'owner' and not exists (
    select from public.room_members m where m.room_id = room and m.role = 'owner' and m.user_id <> me)
  then
    return 'needs_owner';
  end if;
  delete from public.room_members m where m.room_id = room and m.user_id = me;
  return case when is_handed_over then 'handed_over' else 'left' end;
end $$;
