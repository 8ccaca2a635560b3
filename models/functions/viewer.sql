-- run by: everybody
-- Who asks; null is nobody. Written as (select app.viewer()) in policies, so that it runs once a statement.
create or replace function app.viewer() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.viewer', true), '')::uuid;
