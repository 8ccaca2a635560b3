-- run by: crossfade_gateway, as: crossfade_policy
create or replace function app.auth_open_session(
  session uuid, person uuid, agent text, hash bytea, ends_at timestamptz) returns void
language sql security definer set search_path = pg_catalog
as $$
  insert into public.user_sessions (id, user_id, user_agent, expires_at) values (session, person, agent, ends_at);
  insert into public.refresh_tokens (token_hash, session_id, expires_at) values (hash, session, ends_at);
$$;
