-- run by: crossfade_gateway, as: crossfade_policy
-- Make a person. Outcomes: made, email_taken, username_taken (nothing is made then), identity_taken.
-- A hash of null is a person without a password; an issuer of null is one without an outside identity.
create or replace function app.auth_sign_up(
  person uuid, name text, name_key text, shown text, address text, hash text,
  from_issuer text, from_subject text, from_claims jsonb, spotify_id text)
returns text
language plpgsql security definer set search_path = pg_catalog
as $$
declare
  broken text;
begin
  insert into public.users (id, username, username_key, display_name) values (person, name, name_key, shown);
  insert into public.accounts (user_id, email, has_password, spotify_user_id, default_room_seen_id)
  values (person, address, hash is not null,
    (select spotify_id where not exists (select from public.accounts a where a.spotify_user_id = spotify_id)),
    coalesce((select r.last_message_id from public.chat_rooms r where r.is_default_room), 0));
  if hash is not null then
    insert into public.credentials (user_id, password_hash) values (person, hash);
  end if;
  if from_issuer is not null then
    insert into public.user_identities (user_id, issuer, subject, claims)
    values (person, from_issuer, from_subject, from_claims);
  end if;
  return 'made';
exception when unique_violation then
  get stacked diagnostics broken = constraint_name;
  return case broken
    when 'uq_users_username_key' then 'username_taken'
    when 'uq_accounts_email' then 'email_taken'
    when 'uq_user_identities_issuer_subject' then 'identity_taken'
    else 'conflict' end;
end $$;
