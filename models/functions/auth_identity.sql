-- run by: crossfade_gateway, as: crossfade_policy
create or replace function app.auth_identity(from_issuer text, from_subject text) returns uuid
language sql stable security definer set search_path = pg_catalog
as $$
  select i.user_id from public.user_identities i where i.issuer = from_issuer and i.subject = from_subject
$$;
