-- run by: crossfade_gateway, as: crossfade_policy
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
