-- run by: crossfade_gateway, as: crossfade_policy
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
