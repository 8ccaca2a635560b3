-- run by: crossfade_gateway, crossfade_worker, as: crossfade_policy
-- How far topics are. Says nothing of what happened on them.
create or replace function app.topic_heads(names text[]) returns table (topic text, seq bigint)
language sql stable security definer set search_path = pg_catalog
as $$
  select t.topic, t.seq from public.topics t where t.topic = any(names)
$$;
