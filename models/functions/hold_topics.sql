-- run by: crossfade_gateway, crossfade_worker
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
