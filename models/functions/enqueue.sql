-- run by: crossfade_gateway, crossfade_worker, as: crossfade_policy
-- Put a job into the queue, in the caller's transaction. Answers its number; null where one with the same
-- key waits or runs already.
create or replace function app.enqueue(name text, payload bytea, delay interval, key text) returns bigint
language sql security definer set search_path = pg_catalog
as $$
  with job as (
    insert into public.pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, status)
    values (0, name, payload, now() + delay, key, 'queued')
    on conflict (dedupe_key)
      where status = any (array['queued'::public.pgqueuer_status, 'picked'::public.pgqueuer_status])
        and dedupe_key is not null
      do nothing
    returning id, priority, entrypoint
  )
  insert into public.pgqueuer_log (job_id, status, priority, entrypoint)
  select id, 'queued', priority, entrypoint from job
  returning job_id
$$;
