-- run by: crossfade_gateway, crossfade_worker, as: crossfade_policy
-- Report what this transaction did, in the order of commit within each topic. Called once, as its last statement.
-- Arrays of equal length, one entry an event; answers with the seq that each one got, in the same order.
create or replace function app.emit(names text[], kinds text[], payloads jsonb[], origin uuid)
returns table (topic text, seq bigint)
language plpgsql security definer set search_path = pg_catalog
as $$
#variable_conflict use_column
declare
  done text;
begin
  done := app.hold_topics(names);
  if cardinality(names) = 1 then  -- as most are: the same without counting
    insert into public.topics as t (topic, seq) values (names[1], 1)
    on conflict (topic) do update set seq = t.seq + 1
    returning t.topic, t.seq into topic, seq;
    insert into public.events (topic, seq, kind, payload, origin_key)
    values (topic, seq, kinds[1], payloads[1], origin);
    return next;
    return;
  end if;
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
