-- run by: crossfade_gateway, crossfade_worker
-- Wait for one's turn on topics, in one order for all, so that no two writers wait for each other.
create or replace function app.hold_topics(names text[]) returns void
language plpgsql set search_path = pg_catalog
as $$
declare
  name text;
  done text;  -- an expression that is assigned costs less than a query that is performed
begin
  if cardinality(names) = 1 then
    done := pg_advisory_xact_lock(hashtextextended(names[1], 7));
    return;
  end if;
  for name in select distinct n from unnest(names) n order by n loop
    done := pg_advisory_xact_lock(hashtextextended(name, 7));
  end loop;
end $$;
