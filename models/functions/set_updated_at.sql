-- run by: triggers
create or replace function app.set_updated_at() returns trigger
language plpgsql set search_path = pg_catalog
as $$
begin
  new.updated_at := now();
  return new;
end $$;
