-- Behind which message of the default room somebody's unread begins who has never been there; null for nobody.
-- Another's account is out of the reader's sight where one event is read once for many.
create or replace function app.default_room_seen(person uuid) returns bigint
language sql stable security definer set search_path = pg_catalog
as $$
  select a.default_room_seen_id from public.accounts a where a.user_id = person
$$;

alter function app.default_room_seen owner to crossfade_policy;

revoke all on function app.default_room_seen from public;

grant execute on function app.default_room_seen to crossfade_gateway, crossfade_policy;

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

alter function app.room_readers owner to crossfade_policy;

revoke all on function app.room_readers from public;

grant execute on function app.room_readers to crossfade_gateway, crossfade_policy;
