-- run by: crossfade_gateway, as: crossfade_policy
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
