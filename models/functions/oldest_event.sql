-- run by: crossfade_gateway, as: crossfade_policy
-- The oldest event of a topic that is still kept; null where none is.
create or replace function app.oldest_event(name text) returns bigint
language sql stable security definer set search_path = pg_catalog
as $$
  select min(e.seq) from public.events e where e.topic = name
$$;
