create schema if not exists app;

grant usage on schema app, public to crossfade_gateway, crossfade_worker, crossfade_policy;

grant create on schema app to crossfade_policy;

set check_function_bodies = off;

-- Who asks; null is nobody. Written as (select app.viewer()) in policies, so that it runs once a statement.
create or replace function app.viewer() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.viewer', true), '')::uuid;

revoke all on function app.viewer from public;

grant execute on function app.viewer to crossfade_owner, crossfade_gateway, crossfade_worker, crossfade_policy;

-- The viewer's ban from one room, if there is one: they may know until when.
create or replace function app.viewer_ban(room uuid) returns table (expires_at timestamptz)
language sql stable security definer set search_path = pg_catalog
as $$
  select b.expires_at from public.room_bans b
  where b.room_id = room and b.user_id = app.viewer() and (b.expires_at is null or b.expires_at > now())
$$;

alter function app.viewer_ban owner to crossfade_policy;

revoke all on function app.viewer_ban from public;

grant execute on function app.viewer_ban to crossfade_gateway, crossfade_policy;

-- Rooms that the viewer may not enter: a ban wins over everything.
create or replace function app.viewer_banned_rooms() returns setof uuid
language sql stable parallel safe security definer set search_path = pg_catalog
as $$
  select b.room_id from public.room_bans b
  where b.user_id = app.viewer() and (b.expires_at is null or b.expires_at > now())
$$;

alter function app.viewer_banned_rooms owner to crossfade_policy;

revoke all on function app.viewer_banned_rooms from public;

grant execute on function app.viewer_banned_rooms to crossfade_gateway, crossfade_policy;

-- Whether the viewer may speak in a room: in it, neither banned nor muted.
create or replace function app.viewer_may_post(room uuid) returns boolean
language sql stable parallel safe security definer set search_path = pg_catalog
as $$
  select exists (
    select from public.room_members m
    where m.room_id = room and m.user_id = app.viewer()
      and (m.muted_until is null or m.muted_until <= now())
      and not exists (
        select from public.room_bans b
        where b.room_id = room and b.user_id = m.user_id
          and (b.expires_at is null or b.expires_at > now())))
$$;

alter function app.viewer_may_post owner to crossfade_policy;

revoke all on function app.viewer_may_post from public;

grant execute on function app.viewer_may_post to crossfade_gateway, crossfade_policy;

-- Rooms that the viewer is in. Definer, because rooms and members would ask each other for ever.
create or replace function app.viewer_rooms() returns setof uuid
language sql stable parallel safe security definer set search_path = pg_catalog
as $$
  select m.room_id from public.room_members m
  where m.user_id = app.viewer()
    and not exists (
      select from public.room_bans b
      where b.room_id = m.room_id and b.user_id = m.user_id
        and (b.expires_at is null or b.expires_at > now()))
$$;

alter function app.viewer_rooms owner to crossfade_policy;

revoke all on function app.viewer_rooms from public;

grant execute on function app.viewer_rooms to crossfade_gateway, crossfade_policy;

-- Rooms in which the viewer has one of these roles.
create or replace function app.viewer_rooms_as(roles public.room_role[]) returns setof uuid
language sql stable parallel safe security definer set search_path = pg_catalog
as $$
  select m.room_id from public.room_members m
  where m.user_id = app.viewer() and m.role = any(roles)
    and m.room_id in (select app.viewer_rooms())
$$;

alter function app.viewer_rooms_as owner to crossfade_policy;

revoke all on function app.viewer_rooms_as from public;

grant execute on function app.viewer_rooms_as to crossfade_gateway, crossfade_policy;

create or replace function app.auth_credentials(address text) returns table (user_id uuid, password_hash text)
language sql stable security definer set search_path = pg_catalog
as $$
  select a.user_id, c.password_hash
  from public.accounts a join public.credentials c using (user_id)
  where lower(a.email) = lower(address)
$$;

alter function app.auth_credentials owner to crossfade_policy;

revoke all on function app.auth_credentials from public;

grant execute on function app.auth_credentials to crossfade_gateway, crossfade_policy;

create or replace function app.auth_identity(from_issuer text, from_subject text) returns uuid
language sql stable security definer set search_path = pg_catalog
as $$
  select i.user_id from public.user_identities i where i.issuer = from_issuer and i.subject = from_subject
$$;

alter function app.auth_identity owner to crossfade_policy;

revoke all on function app.auth_identity from public;

grant execute on function app.auth_identity to crossfade_gateway, crossfade_policy;

create or replace function app.auth_open_session(
  session uuid, person uuid, agent text, hash bytea, ends_at timestamptz) returns void
language sql security definer set search_path = pg_catalog
as $$
  insert into public.user_sessions (id, user_id, user_agent, expires_at) values (session, person, agent, ends_at);
  insert into public.refresh_tokens (token_hash, session_id, expires_at) values (hash, session, ends_at);
$$;

alter function app.auth_open_session owner to crossfade_policy;

revoke all on function app.auth_open_session from public;

grant execute on function app.auth_open_session to crossfade_gateway, crossfade_policy;

-- Turn a refresh token into a new one. Outcomes: refreshed, unknown, expired, ended, stolen.
-- The token just replaced is good for `grace` more seconds and yields a sibling, so that two tabs and a lost
-- answer do no harm; used later it has been copied, and the session ends.
create or replace function app.auth_refresh(
  hash bytea, new_hash bytea, ends_at timestamptz, grace int,
  out outcome text, out session uuid, out person uuid)
language plpgsql security definer set search_path = pg_catalog
as $$
declare
  token record;
begin
  select t.expires_at, t.replaced_at, t.session_id, s.user_id, s.revoked_at into token
  from public.refresh_tokens t join public.user_sessions s on s.id = t.session_id
  where t.token_hash = hash for update;
  if not found then
    outcome := 'unknown';
    return;
  end if;
  session := token.session_id;
  person := token.user_id;
  if token.revoked_at is not null then
    outcome := 'ended';
  elsif token.expires_at <= clock_timestamp() then
    outcome := 'expired';
  elsif token.replaced_at + make_interval(secs => grace) < clock_timestamp() then
    update public.user_sessions s set revoked_at = clock_timestamp() where s.id = token.session_id;
    outcome := 'stolen';
  else
    update public.refresh_tokens t set replaced_at = coalesce(t.replaced_at, clock_timestamp())
    where t.token_hash = hash;
    insert into public.refresh_tokens (token_hash, session_id, expires_at)
    values (new_hash, token.session_id, ends_at);
    update public.user_sessions s set last_used_at = clock_timestamp(), expires_at = ends_at
    where s.id = token.session_id;
    outcome := 'refreshed';
  end if;
end $$;

alter function app.auth_refresh owner to crossfade_policy;

revoke all on function app.auth_refresh from public;

grant execute on function app.auth_refresh to crossfade_gateway, crossfade_policy;

-- Make a person. Outcomes: made, email_taken, username_taken (nothing is made then), identity_taken.
-- A hash of null is a person without a password; an issuer of null is one without an outside identity.
create or replace function app.auth_sign_up(
  person uuid, name text, name_key text, shown text, address text, hash text,
  from_issuer text, from_subject text, from_claims jsonb, spotify_id text)
returns text
language plpgsql security definer set search_path = pg_catalog
as $$
declare
  broken text;
begin
  insert into public.users (id, username, username_key, display_name) values (person, name, name_key, shown);
  insert into public.accounts (user_id, email, has_password, spotify_user_id, default_room_seen_id)
  values (person, address, hash is not null,
    (select spotify_id where not exists (select from public.accounts a where a.spotify_user_id = spotify_id)),
    coalesce((select r.last_message_id from public.chat_rooms r where r.is_default_room), 0));
  if hash is not null then
    insert into public.credentials (user_id, password_hash) values (person, hash);
  end if;
  if from_issuer is not null then
    insert into public.user_identities (user_id, issuer, subject, claims)
    values (person, from_issuer, from_subject, from_claims);
  end if;
  return 'made';
exception when unique_violation then
  get stacked diagnostics broken = constraint_name;
  return case broken
    when 'uq_users_username_key' then 'username_taken'
    when 'uq_accounts_email' then 'email_taken'
    when 'uq_user_identities_issuer_subject' then 'identity_taken'
    else 'conflict' end;
end $$;

alter function app.auth_sign_up owner to crossfade_policy;

revoke all on function app.auth_sign_up from public;

grant execute on function app.auth_sign_up to crossfade_gateway, crossfade_policy;

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

alter function app.count_people owner to crossfade_policy;

revoke all on function app.count_people from public;

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

alter function app.count_room_members owner to crossfade_policy;

revoke all on function app.count_room_members from public;

-- Report what this transaction did, in the order of commit within each topic. Called once, as its last statement.
-- Arrays of equal length, one entry an event; answers with the seq that each one got, in the same order.
create or replace function app.emit(names text[], kinds text[], payloads jsonb[], origin uuid)
returns table (topic text, seq bigint)
language plpgsql security definer set search_path = pg_catalog
as $$
#variable_conflict use_column
begin
  perform app.hold_topics(names);
  return query
  with happened as (
    select n.name, n.kind, n.payload, n.place,
           row_number() over (partition by n.name order by n.place) as nth,
           count(*) over (partition by n.name) as total
    from unnest(names, kinds, payloads) with ordinality as n(name, kind, payload, place)
  ), moved as (
    insert into public.topics as t (topic, seq)
    select distinct h.name, h.total from happened h
    on conflict (topic) do update set seq = t.seq + excluded.seq
    returning t.topic, t.seq
  ), written as (
    insert into public.events (topic, seq, kind, payload, origin_key)
    select h.name, m.seq - h.total + h.nth, h.kind, h.payload, origin
    from happened h join moved m on m.topic = h.name
  )
  select h.name, m.seq - h.total + h.nth from happened h join moved m on m.topic = h.name order by h.place;
end $$;

alter function app.emit owner to crossfade_policy;

revoke all on function app.emit from public;

grant execute on function app.emit to crossfade_gateway, crossfade_worker, crossfade_policy;

-- Put a job into the queue, in the caller's transaction. Answers its number; null where one with the same
-- key waits or runs already.
create or replace function app.enqueue(name text, payload bytea, delay interval, key text) returns bigint
language sql security definer set search_path = pg_catalog
as $$
  with job as (
    insert into public.pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)
    values (0, name, payload, now() + delay, key, 'queued')
    on conflict (dedupe_key)
      where status = any (array['queued'::public.pgqueuer_status, 'picked'::public.pgqueuer_status])
        and dedupe_key is not null
      do nothing
    returning id, priority, entrypoint
  )
  insert into public.pgqueuer_log (job_id, status, priority, entrypoint)
  select id, 'queued', priority, entrypoint from job
  returning job_id
$$;

alter function app.enqueue owner to crossfade_policy;

revoke all on function app.enqueue from public;

grant execute on function app.enqueue to crossfade_gateway, crossfade_worker, crossfade_policy;

-- Rooms the viewer may read whose name or description has all the words (the last one may be a beginning).
create or replace function app.find_rooms(words text, most int) returns table (id uuid)
language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if app.viewer() is null then
    return;
  end if;
  return query execute format($q$
    select r.id from public.chat_rooms r
    where to_tsvector('simple', r.name::text || ' ' || coalesce(r.description, '')::text) @@ %L::tsquery
      and (not r.is_private or r.id in (select app.viewer_rooms()))
      and r.id not in (select app.viewer_banned_rooms())
    order by r.last_message_id desc, r.id desc limit %s$q$, words, most);
end $$;

alter function app.find_rooms owner to crossfade_policy;

revoke all on function app.find_rooms from public;

grant execute on function app.find_rooms to crossfade_gateway, crossfade_policy;

-- People by the beginning of user name or display name, in the order of their keys. The caller reads them again
-- under row security. Prefixes come with % _ \ already escaped.
create or replace function app.find_users(
  key_prefix text, name_prefix text, after_key text, before_key text, is_backward boolean, most int)
returns table (id uuid, key text)
language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if app.viewer() is null then
    return;
  end if;
  return query execute format($q$
    select u.id, u.username_key::text from public.users u
    where (u.username_key like %L or lower(u.display_name) like %L)
      and (%L::text is null or u.username_key > %L) and (%L::text is null or u.username_key < %L)
    order by u.username_key %s limit %s$q$,
    key_prefix || '%', name_prefix || '%', after_key, after_key, before_key, before_key,
    case when is_backward then 'desc' else 'asc' end, most);
end $$;

alter function app.find_users owner to crossfade_policy;

revoke all on function app.find_users from public;

grant execute on function app.find_users to crossfade_gateway, crossfade_policy;

-- Wait for one's turn on topics, in one order for all, so that no two writers wait for each other.
create or replace function app.hold_topics(names text[]) returns void
language plpgsql set search_path = pg_catalog
as $$
declare
  name text;
begin
  for name in select distinct n from unnest(names) n order by n loop
    perform pg_advisory_xact_lock(hashtextextended(name, 7));
  end loop;
end $$;

revoke all on function app.hold_topics from public;

grant execute on function app.hold_topics to crossfade_gateway, crossfade_worker, crossfade_policy;

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
  -- The room's row is the lock of its ownership: two last owners cannot both leave.
  perform from public.chat_rooms r where r.id = room for update;
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

alter function app.leave_room owner to crossfade_policy;

revoke all on function app.leave_room from public;

grant execute on function app.leave_room to crossfade_gateway, crossfade_policy;

create or replace function app.note_latest_message() returns trigger
language plpgsql security definer set search_path = pg_catalog
as $$
begin
  update public.chat_rooms set last_message_id = new.id where id = new.room_id and last_message_id < new.id;
  return null;
end $$;

alter function app.note_latest_message owner to crossfade_policy;

revoke all on function app.note_latest_message from public;

-- The oldest event of a topic that is still kept; null where none is.
create or replace function app.oldest_event(name text) returns bigint
language sql stable security definer set search_path = pg_catalog
as $$
  select min(e.seq) from public.events e where e.topic = name
$$;

alter function app.oldest_event owner to crossfade_policy;

revoke all on function app.oldest_event from public;

grant execute on function app.oldest_event to crossfade_gateway, crossfade_policy;

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

alter function app.own_new_room owner to crossfade_policy;

revoke all on function app.own_new_room from public;

-- Events of one topic after a place, oldest first. Whoever reads has checked that its reader may see the topic.
create or replace function app.read_events(name text, after bigint, most int)
returns table (seq bigint, kind text, payload jsonb, origin_key uuid, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog
as $$
  select e.seq, e.kind, e.payload, e.origin_key, e.created_at
  from public.events e where e.topic = name and e.seq > after order by e.seq limit most
$$;

alter function app.read_events owner to crossfade_policy;

revoke all on function app.read_events from public;

grant execute on function app.read_events to crossfade_gateway, crossfade_worker, crossfade_policy;

-- Sessions that ended since then: whoever starts a gateway must not take their access tokens.
create or replace function app.revoked_sessions(since timestamptz) returns table (session uuid, revoked_at timestamptz)
language sql stable security definer set search_path = pg_catalog
as $$
  select s.id, s.revoked_at from public.user_sessions s where s.revoked_at > since
$$;

alter function app.revoked_sessions owner to crossfade_policy;

revoke all on function app.revoked_sessions from public;

grant execute on function app.revoked_sessions to crossfade_gateway, crossfade_policy;

-- For a stream that ends: whether its room is gone, or only out of the viewer's sight.
create or replace function app.room_exists(room uuid) returns boolean
language sql stable security definer set search_path = pg_catalog
as $$
  select exists (select from public.chat_rooms r where r.id = room)
$$;

alter function app.room_exists owner to crossfade_policy;

revoke all on function app.room_exists from public;

grant execute on function app.room_exists to crossfade_gateway, crossfade_policy;

-- One message as one statement: the sender's turn, the row, the read marker, the events.
-- Runs with the viewer's own rights: row policies hold. Outcomes: sent, repeated (the same clientKey again),
-- client_key_reused, not_found, banned, not_a_member, muted, slow_mode, reply_not_found, limit.
create or replace function app.send_message(
  room uuid, words text, reply_to bigint, sender_key uuid, hash bytea, rate_limit int, rate_seconds int,
  out outcome text, out message_id bigint, out retry_at timestamptz, out topic text, out seq bigint)
language plpgsql set search_path = pg_catalog
as $$
declare
  me uuid := app.viewer();
  place record;
  mine record;
  former record;
begin
  select r.is_default_room, r.slow_mode_seconds into place from public.chat_rooms r where r.id = room;
  if not found then
    select 'banned', b.expires_at into outcome, retry_at from app.viewer_ban(room) b;
    outcome := coalesce(outcome, 'not_found');
    return;
  end if;
  if place.is_default_room then
    insert into public.room_members (room_id, user_id) values (room, me) on conflict do nothing;
  end if;
  -- The lock makes a person's sends in one room take turns: retries, slow mode and the read marker are exact.
  select m.role, m.muted_until, m.last_posted_at into mine
  from public.room_members m where m.room_id = room and m.user_id = me for update;
  if not found then
    outcome := 'not_a_member';
  end if;
  select m.id, m.input_hash into former
  from public.chat_messages m where m.user_id = me and m.client_key = sender_key;
  if found then
    outcome := case former.input_hash when hash then 'repeated' else 'client_key_reused' end;
    message_id := former.id;
    return;
  end if;
  if outcome is not null then
    return;
  end if;
  if mine.muted_until > clock_timestamp() then
    outcome := 'muted';
    retry_at := mine.muted_until;
    return;
  end if;
  retry_at := mine.last_posted_at + make_interval(secs => place.slow_mode_seconds);
  if mine.role = 'member' and place.slow_mode_seconds > 0 and retry_at > clock_timestamp() then
    outcome := 'slow_mode';
    return;
  end if;
  if reply_to is not null and not exists (
    select from public.chat_messages m where m.id = reply_to and m.room_id = room)
  then
    outcome := 'reply_not_found';
    return;
  end if;
  retry_at := app.take('sendMessage', me::text, rate_limit, rate_seconds);
  if retry_at is not null then
    outcome := 'limit';
    return;
  end if;
  -- Before the rows that all senders of a room touch, so that they queue on a lock that is fair.
  perform app.hold_topics(array['room:' || room]);
  insert into public.chat_messages (room_id, user_id, content, reply_to_id, client_key, input_hash)
  values (room, me, words, reply_to, sender_key, hash)
  on conflict (user_id, client_key) do nothing
  returning id into message_id;
  if message_id is null then
    outcome := 'client_key_reused';
    return;
  end if;
  update public.room_members m set last_read_message_id = message_id, last_posted_at = clock_timestamp()
  where m.room_id = room and m.user_id = me;
  outcome := 'sent';
  select e.topic, e.seq into topic, seq
  from app.emit(
    case when reply_to is null then array['room:' || room] else array['room:' || room, 'room:' || room] end,
    case when reply_to is null then array['message_added'] else array['message_added', 'message_changed'] end,
    case when reply_to is null then array[jsonb_build_object('message', message_id)]
         else array[jsonb_build_object('message', message_id),
                    jsonb_build_object('message', reply_to, 'change', 'replies')] end,
    sender_key) e
  order by e.seq desc limit 1;
end $$;

revoke all on function app.send_message from public;

grant execute on function app.send_message to crossfade_gateway, crossfade_policy;

create or replace function app.set_updated_at() returns trigger
language plpgsql set search_path = pg_catalog
as $$
begin
  new.updated_at := now();
  return new;
end $$;

revoke all on function app.set_updated_at from public;

-- Take one turn from a bucket that refills evenly. Null when it was there, else when the next one will be.
create or replace function app.take(what text, who text, most int, per_seconds int) returns timestamptz
language plpgsql security definer set search_path = pg_catalog
as $$
declare
  moment timestamptz := clock_timestamp();
  refill double precision := most::double precision / per_seconds;
  had double precision;
  since timestamptz;
begin
  insert into public.rate_buckets as b (operation, key, tokens, updated_at)
  values (what, who, most - 1, moment)
  on conflict (operation, key) do update
    set tokens = least(most, b.tokens + refill * greatest(0, extract(epoch from excluded.updated_at - b.updated_at))) - 1,
        updated_at = greatest(b.updated_at, excluded.updated_at)
    where least(most, b.tokens + refill * greatest(0, extract(epoch from excluded.updated_at - b.updated_at))) >= 1;
  if found then
    return null;
  end if;
  select b.tokens, b.updated_at into had, since from public.rate_buckets b where b.operation = what and b.key = who;
  return since + make_interval(secs => (1 - had) / refill);
end $$;

alter function app.take owner to crossfade_policy;

revoke all on function app.take from public;

grant execute on function app.take to crossfade_gateway, crossfade_policy;

-- How far topics are. Says nothing of what happened on them.
create or replace function app.topic_heads(names text[]) returns table (topic text, seq bigint)
language sql stable security definer set search_path = pg_catalog
as $$
  select t.topic, t.seq from public.topics t where t.topic = any(names)
$$;

alter function app.topic_heads owner to crossfade_policy;

revoke all on function app.topic_heads from public;

grant execute on function app.topic_heads to crossfade_gateway, crossfade_worker, crossfade_policy;

-- How far topics were in a snapshot taken earlier. Events become visible in the order of seq, so the newest
-- visible one is the answer, and the walk back from the head is as long as what has happened since.
create or replace function app.topic_heads_seen(names text[], seen text) returns table (topic text, seq bigint)
language sql stable security definer set search_path = pg_catalog
as $$
  select t.topic, coalesce(
    (select e.seq from public.events e
      where e.topic = t.topic and pg_visible_in_snapshot(e.tx, seen::pg_snapshot)
      order by e.seq desc limit 1),
    (select min(e.seq) - 1 from public.events e where e.topic = t.topic),
    t.seq)
  from public.topics t where t.topic = any(names)
$$;

alter function app.topic_heads_seen owner to crossfade_policy;

revoke all on function app.topic_heads_seen from public;

grant execute on function app.topic_heads_seen to crossfade_gateway, crossfade_policy;

create trigger users_updated before update on users for each row execute function app.set_updated_at();

create trigger users_counted after insert or delete on users for each row execute function app.count_people();

create trigger chat_rooms_updated before update of name, description, is_private, slow_mode_seconds on chat_rooms for each row execute function app.set_updated_at();

create trigger chat_rooms_owned after insert on chat_rooms for each row execute function app.own_new_room();

create trigger room_members_counted after insert or delete on room_members for each row execute function app.count_room_members();

create trigger chat_messages_noted after insert on chat_messages for each row execute function app.note_latest_message();

alter table users enable row level security;

alter table users force row level security;

grant select, insert, update, delete on users to crossfade_worker, crossfade_policy;

grant select on users to crossfade_gateway;

grant update (username, username_key, display_name) on users to crossfade_gateway;

create policy owner_all on users to crossfade_owner using (true) with check (true);

create policy worker_all on users to crossfade_worker using (true) with check (true);

create policy policy_all on users to crossfade_policy using (true) with check (true);

create policy gateway_select on users for select to crossfade_gateway using ((select app.viewer()) is not null);

create policy gateway_update on users for update to crossfade_gateway using (id = (select app.viewer())) with check (id = (select app.viewer()));

alter table accounts enable row level security;

alter table accounts force row level security;

grant select, insert, update, delete on accounts to crossfade_worker, crossfade_policy;

grant select on accounts to crossfade_gateway;

create policy owner_all on accounts to crossfade_owner using (true) with check (true);

create policy worker_all on accounts to crossfade_worker using (true) with check (true);

create policy policy_all on accounts to crossfade_policy using (true) with check (true);

create policy gateway_select on accounts for select to crossfade_gateway using (user_id = (select app.viewer()));

alter table credentials enable row level security;

alter table credentials force row level security;

grant select, insert, update, delete on credentials to crossfade_worker, crossfade_policy;

create policy owner_all on credentials to crossfade_owner using (true) with check (true);

create policy worker_all on credentials to crossfade_worker using (true) with check (true);

create policy policy_all on credentials to crossfade_policy using (true) with check (true);

alter table user_identities enable row level security;

alter table user_identities force row level security;

grant select, insert, update, delete on user_identities to crossfade_worker, crossfade_policy;

grant select on user_identities to crossfade_gateway;

create policy owner_all on user_identities to crossfade_owner using (true) with check (true);

create policy worker_all on user_identities to crossfade_worker using (true) with check (true);

create policy policy_all on user_identities to crossfade_policy using (true) with check (true);

create policy gateway_select on user_identities for select to crossfade_gateway using (user_id = (select app.viewer()));

alter table user_sessions enable row level security;

alter table user_sessions force row level security;

grant select, insert, update, delete on user_sessions to crossfade_worker, crossfade_policy;

grant select on user_sessions to crossfade_gateway;

grant update (revoked_at) on user_sessions to crossfade_gateway;

create policy owner_all on user_sessions to crossfade_owner using (true) with check (true);

create policy worker_all on user_sessions to crossfade_worker using (true) with check (true);

create policy policy_all on user_sessions to crossfade_policy using (true) with check (true);

create policy gateway_select on user_sessions for select to crossfade_gateway using (user_id = (select app.viewer()));

create policy gateway_update on user_sessions for update to crossfade_gateway using (user_id = (select app.viewer())) with check (user_id = (select app.viewer()));

alter table refresh_tokens enable row level security;

alter table refresh_tokens force row level security;

grant select, insert, update, delete on refresh_tokens to crossfade_worker, crossfade_policy;

create policy owner_all on refresh_tokens to crossfade_owner using (true) with check (true);

create policy worker_all on refresh_tokens to crossfade_worker using (true) with check (true);

create policy policy_all on refresh_tokens to crossfade_policy using (true) with check (true);

alter table rate_buckets enable row level security;

alter table rate_buckets force row level security;

grant select, insert, update, delete on rate_buckets to crossfade_worker, crossfade_policy;

create policy owner_all on rate_buckets to crossfade_owner using (true) with check (true);

create policy worker_all on rate_buckets to crossfade_worker using (true) with check (true);

create policy policy_all on rate_buckets to crossfade_policy using (true) with check (true);

alter table idempotency_keys enable row level security;

alter table idempotency_keys force row level security;

grant select, insert, update, delete on idempotency_keys to crossfade_worker, crossfade_policy;

grant select on idempotency_keys to crossfade_gateway;

grant insert on idempotency_keys to crossfade_gateway;

create policy owner_all on idempotency_keys to crossfade_owner using (true) with check (true);

create policy worker_all on idempotency_keys to crossfade_worker using (true) with check (true);

create policy policy_all on idempotency_keys to crossfade_policy using (true) with check (true);

create policy gateway_select on idempotency_keys for select to crossfade_gateway using (user_id = (select app.viewer()));

create policy gateway_insert on idempotency_keys for insert to crossfade_gateway with check (user_id = (select app.viewer()));

alter table chat_rooms enable row level security;

alter table chat_rooms force row level security;

grant select, insert, update, delete on chat_rooms to crossfade_worker, crossfade_policy;

grant select on chat_rooms to crossfade_gateway;

grant insert on chat_rooms to crossfade_gateway;

grant delete on chat_rooms to crossfade_gateway;

grant update (name, description, is_private, slow_mode_seconds) on chat_rooms to crossfade_gateway;

create policy owner_all on chat_rooms to crossfade_owner using (true) with check (true);

create policy worker_all on chat_rooms to crossfade_worker using (true) with check (true);

create policy policy_all on chat_rooms to crossfade_policy using (true) with check (true);

create policy gateway_select on chat_rooms for select to crossfade_gateway using ((select app.viewer()) is not null and (not is_private or id = any(array(select app.viewer_rooms()))) and not id = any(array(select app.viewer_banned_rooms())));

create policy gateway_insert on chat_rooms for insert to crossfade_gateway with check (created_by = (select app.viewer()) and not is_default_room);

create policy gateway_update on chat_rooms for update to crossfade_gateway using (id = any(array(select app.viewer_rooms_as('{owner,moderator}')))) with check (id = any(array(select app.viewer_rooms_as('{owner,moderator}'))));

create policy gateway_delete on chat_rooms for delete to crossfade_gateway using (id = any(array(select app.viewer_rooms_as('{owner}'))) and not is_default_room);

alter table room_members enable row level security;

alter table room_members force row level security;

grant select, insert, update, delete on room_members to crossfade_worker, crossfade_policy;

grant select on room_members to crossfade_gateway;

grant insert on room_members to crossfade_gateway;

grant update (last_read_message_id, notify, last_posted_at) on room_members to crossfade_gateway;

create policy owner_all on room_members to crossfade_owner using (true) with check (true);

create policy worker_all on room_members to crossfade_worker using (true) with check (true);

create policy policy_all on room_members to crossfade_policy using (true) with check (true);

create policy gateway_select on room_members for select to crossfade_gateway using (room_id = any(array(select app.viewer_rooms())) or exists (select from chat_rooms r where r.id = room_id and not r.is_private));

create policy gateway_insert on room_members for insert to crossfade_gateway with check (user_id = (select app.viewer()) and role = 'member' and exists (select from chat_rooms r where r.id = room_id and not r.is_private));

create policy gateway_update on room_members for update to crossfade_gateway using (user_id = (select app.viewer())) with check (user_id = (select app.viewer()));

alter table room_bans enable row level security;

alter table room_bans force row level security;

grant select, insert, update, delete on room_bans to crossfade_worker, crossfade_policy;

grant select on room_bans to crossfade_gateway;

create policy owner_all on room_bans to crossfade_owner using (true) with check (true);

create policy worker_all on room_bans to crossfade_worker using (true) with check (true);

create policy policy_all on room_bans to crossfade_policy using (true) with check (true);

create policy gateway_select on room_bans for select to crossfade_gateway using (room_id = any(array(select app.viewer_rooms_as('{owner,moderator}'))));

alter table chat_messages enable row level security;

alter table chat_messages force row level security;

grant select, insert, update, delete on chat_messages to crossfade_worker, crossfade_policy;

grant select on chat_messages to crossfade_gateway;

grant insert on chat_messages to crossfade_gateway;

grant update (content, edited_at, deleted_at, deleted_by) on chat_messages to crossfade_gateway;

create policy owner_all on chat_messages to crossfade_owner using (true) with check (true);

create policy worker_all on chat_messages to crossfade_worker using (true) with check (true);

create policy policy_all on chat_messages to crossfade_policy using (true) with check (true);

create policy gateway_select on chat_messages for select to crossfade_gateway using (room_id = any(array(select app.viewer_rooms())) or exists (select from chat_rooms r where r.id = room_id and not r.is_private));

create policy gateway_insert on chat_messages for insert to crossfade_gateway with check (user_id = (select app.viewer()) and app.viewer_may_post(room_id));

create policy gateway_update on chat_messages for update to crossfade_gateway using (user_id = (select app.viewer()) and (room_id = any(array(select app.viewer_rooms())) or exists (select from chat_rooms r where r.id = room_id and not r.is_private))) with check (user_id = (select app.viewer()) and (room_id = any(array(select app.viewer_rooms())) or exists (select from chat_rooms r where r.id = room_id and not r.is_private)));

alter table message_reactions enable row level security;

alter table message_reactions force row level security;

grant select, insert, update, delete on message_reactions to crossfade_worker, crossfade_policy;

grant select on message_reactions to crossfade_gateway;

grant insert on message_reactions to crossfade_gateway;

grant delete on message_reactions to crossfade_gateway;

create policy owner_all on message_reactions to crossfade_owner using (true) with check (true);

create policy worker_all on message_reactions to crossfade_worker using (true) with check (true);

create policy policy_all on message_reactions to crossfade_policy using (true) with check (true);

create policy gateway_select on message_reactions for select to crossfade_gateway using (room_id = any(array(select app.viewer_rooms())) or exists (select from chat_rooms r where r.id = room_id and not r.is_private));

create policy gateway_insert on message_reactions for insert to crossfade_gateway with check (user_id = (select app.viewer()) and app.viewer_may_post(room_id) and exists (select from chat_messages m where m.id = message_id and m.room_id = message_reactions.room_id));

create policy gateway_delete on message_reactions for delete to crossfade_gateway using (user_id = (select app.viewer()) and (room_id = any(array(select app.viewer_rooms())) or exists (select from chat_rooms r where r.id = room_id and not r.is_private)));

alter table topics enable row level security;

alter table topics force row level security;

grant select, insert, update, delete on topics to crossfade_worker, crossfade_policy;

create policy owner_all on topics to crossfade_owner using (true) with check (true);

create policy worker_all on topics to crossfade_worker using (true) with check (true);

create policy policy_all on topics to crossfade_policy using (true) with check (true);

alter table events enable row level security;

alter table events force row level security;

grant select, insert, update, delete on events to crossfade_worker, crossfade_policy;

create policy owner_all on events to crossfade_owner using (true) with check (true);

create policy worker_all on events to crossfade_worker using (true) with check (true);

create policy policy_all on events to crossfade_policy using (true) with check (true);

reset check_function_bodies;

