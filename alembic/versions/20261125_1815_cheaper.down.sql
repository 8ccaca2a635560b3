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

-- One message as one statement: the sender's turn, the row, the read marker, the events.
-- A whole transaction by itself, called outside of any: it says who asks, for its own length. Runs with the
-- viewer's own rights: row policies hold. Outcomes: sent, repeated (the same clientKey again), both with the
-- message; client_key_reused, not_found, banned, not_a_member, muted, slow_mode, reply_not_found, limit.
create or replace function app.send_message(
  viewer uuid, room uuid, words text, reply_to bigint, sender_key uuid, hash bytea, rate_limit int, rate_seconds int,
  out outcome text, out retry_at timestamptz, out topic text, out seq bigint,
  out id bigint, out room_id uuid, out user_id uuid, out content text, out client_key uuid, out reply_to_id bigint,
  out edited_at timestamptz, out deleted_at timestamptz, out deleted_by uuid, out created_at timestamptz)
language plpgsql set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  place record;
  mine record;
  former_hash bytea;
begin
  perform set_config('app.viewer', coalesce(viewer::text, ''), true);
  select r.is_default_room, r.slow_mode_seconds into place from public.chat_rooms r where r.id = room;
  if not found then
    select 'banned', b.expires_at into outcome, retry_at from app.viewer_ban(room) b;
    outcome := coalesce(outcome, 'not_found');
    return;
  end if;
  if place.is_default_room then
    insert into public.room_members (room_id, user_id) values (room, viewer) on conflict do nothing;
  end if;
  -- The lock makes a person's sends in one room take turns: retries, slow mode and the read marker are exact.
  select m.role, m.muted_until, m.last_posted_at into mine
  from public.room_members m where m.room_id = room and m.user_id = viewer for update;
  if not found then
    outcome := 'not_a_member';
  end if;
  select m.input_hash, m.id, m.room_id, m.user_id, m.content, m.client_key, m.reply_to_id, m.edited_at,
         m.deleted_at, m.deleted_by, m.created_at
  into former_hash, id, room_id, user_id, content, client_key, reply_to_id, edited_at,
       deleted_at, deleted_by, created_at
  from public.chat_messages m where m.user_id = viewer and m.client_key = sender_key;
  if found then
    outcome := case former_hash when hash then 'repeated' else 'client_key_reused' end;
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
  retry_at := app.take('sendMessage', viewer::text, rate_limit, rate_seconds);
  if retry_at is not null then
    outcome := 'limit';
    return;
  end if;
  -- Before the rows that all senders of a room touch, so that they queue on a lock that is fair.
  perform app.hold_topics(array['room:' || room]);
  insert into public.chat_messages as m (room_id, user_id, content, reply_to_id, client_key, input_hash)
  values (room, viewer, words, reply_to, sender_key, hash)
  on conflict (user_id, client_key) do nothing
  returning m.id, m.room_id, m.user_id, m.content, m.client_key, m.reply_to_id, m.edited_at,
            m.deleted_at, m.deleted_by, m.created_at
  into id, room_id, user_id, content, client_key, reply_to_id, edited_at,
       deleted_at, deleted_by, created_at;
  if not found then
    outcome := 'client_key_reused';
    return;
  end if;
  update public.room_members m set last_read_message_id = send_message.id, last_posted_at = clock_timestamp()
  where m.room_id = room and m.user_id = viewer;
  outcome := 'sent';
  select e.topic, e.seq into topic, seq
  from app.emit(
    case when reply_to is null then array['room:' || room] else array['room:' || room, 'room:' || room] end,
    case when reply_to is null then array['message_added'] else array['message_added', 'message_changed'] end,
    case when reply_to is null then array[jsonb_build_object('message', send_message.id)]
         else array[jsonb_build_object('message', send_message.id),
                    jsonb_build_object('message', reply_to, 'change', 'replies')] end,
    sender_key) e
  order by e.seq desc limit 1;
end $$;

revoke all on function app.send_message from public;

grant execute on function app.send_message to crossfade_gateway, crossfade_policy;
