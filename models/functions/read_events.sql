-- run by: crossfade_gateway, crossfade_worker, as: crossfade_policy
-- Events of one topic after a place, oldest first. Whoever reads has checked that its reader may see the topic.
create or replace function app.read_events(name text, after bigint, most int)
returns table (seq bigint, kind text, payload jsonb, origin_key uuid, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog
as $$
  select e.seq, e.kind, e.payload, e.origin_key, e.created_at
  from public.events e where e.topic = name and e.seq > after order by e.seq limit most
$$;
