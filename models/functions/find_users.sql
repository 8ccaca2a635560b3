-- run by: crossfade_gateway, as: crossfade_policy
-- People by the beginning of user name or display name, in the order of their keys. The caller reads them again
-- under row security. Prefixes come with % _ \ already escaped.
create or replace function app.find_users(
  key_prefix text, name_prefix text, after_key text, before_key text, is_backward boolean, most int)
returns table (id uuid, key text)
language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if app.viewer() is null then
    return;
  end if;
  return query execute format($q$
    select u.id, u.username_key::text from public.users u
    where (u.username_key like %L or lower(u.display_name) like %L)
      and (%L::text is null or u.username_key > %L) and (%L::text is null or u.username_key < %L)
    order by u.username_key %s limit %s$q$,
    key_prefix || '%', name_prefix || '%', after_key, after_key, before_key, before_key,
    case when is_backward then 'desc' else 'asc' end, most);
end $$;
