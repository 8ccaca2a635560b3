-- run by: crossfade_gateway, as: crossfade_policy
create or replace function app.auth_credentials(address text) returns table (user_id uuid, password_hash text)
language sql stable security definer set search_path = pg_catalog
as $$
  select a.user_id, c.password_hash
  from public.accounts a join public.credentials c using (user_id)
  where lower(a.email) = lower(address)
$$;
