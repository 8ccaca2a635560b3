-- run by: crossfade_gateway, as: crossfade_policy
-- Sessions that ended since then: whoever starts a gateway must not take their access tokens.
create or replace function app.revoked_sessions(since timestamptz) returns table (session uuid, revoked_at timestamptz)
language sql stable security definer set search_path = pg_catalog
as $$
  select s.id, s.revoked_at from public.user_sessions s where s.revoked_at > since
$$;
