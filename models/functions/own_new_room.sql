-- run by: triggers, as: crossfade_policy
-- Who makes a room owns it.
create or replace function app.own_new_room() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
  if new.created_by is not null and not new.is_default_room then
    insert into public.room_members (room_id, user_id, role) values (new.id, new.created_by, 'owner');
  end if;
  return null;
end $$;
