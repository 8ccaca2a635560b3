-- run by: crossfade_gateway, as: crossfade_policy
-- Turn a refresh token into a new one. Outcomes: refreshed, unknown, expired, ended, stolen.
-- The token just replaced is good for `grace` more seconds and yields a sibling, so that two tabs and a lost
-- answer do no harm; used later it has been copied, and the session ends.
create or replace function app.auth_refresh(
  hash bytea, new_hash bytea, ends_at timestamptz, grace int,
  out outcome text, out session uuid, out person uuid)
language plpgsql security definer set search_path = pg_catalog
as $$
declare
  token record;
begin
  select t.expires_at, t.replaced_at, t.session_id, s.user_id, s.revoked_at into token
  from public.refresh_tokens t join public.user_sessions s on s.id = t.session_id
  where t.token_hash = hash for update;
  if not found then
    outcome := 'unknown';
    return;
  end if;
  session := token.session_id;
  person := token.user_id;
  if token.revoked_at is not null then
    outcome := 'ended';
  elsif token.expires_at <= clock_timestamp() then
    outcome := 'expired';
  elsif token.replaced_at + make_interval(secs => grace) < clock_timestamp() then
    update public.user_sessions s set revoked_at = clock_timestamp() where s.id = token.session_id;
    outcome := 'stolen';
  else
    update public.refresh_tokens t set replaced_at = coalesce(t.replaced_at, clock_timestamp())
    where t.token_hash = hash;
    insert into public.refresh_tokens (token_hash, session_id, expires_at)
    values (new_hash, token.session_id, ends_at);
    update public.user_sessions s set last_used_at = clock_timestamp(), expires_at = ends_at
    where s.id = token.session_id;
    outcome := 'refreshed';
  end if;
end $$;
