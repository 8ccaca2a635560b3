-- What is so in every database of a run: people, rooms and what was said, from the sizes in `bench.*`.
-- Ids: 00000000-0000-4000-8<kind>-<12 hex digits>, kind 001 user, 002 room, 003 playlist, 004 blend,
-- 005 generated track, 006 playlist of a shelf, 007 track of a shelf; bench/operations counts on it.
create function pg_temp.uid(kind int, n bigint) returns uuid immutable language sql as
$$ select ('00000000-0000-4000-8' || lpad(kind::text, 3, '0') || '-' || lpad(to_hex(n), 12, '0'))::uuid $$;

create function pg_temp.moment(n bigint) returns timestamptz immutable language sql as
$$ select timestamptz '2025-01-01 00:00:00+00' + n * interval '1 second' $$;

create function pg_temp.size(name text) returns int stable language sql as
$$ select current_setting('bench.' || name)::int $$;

-- The n-th person, counted round and round.
create function pg_temp.person(n bigint) returns uuid stable language sql as
$$ select pg_temp.uid(1, 1 + (n - 1) % pg_temp.size('people')) $$;

create temp view people as
  select i as number, pg_temp.uid(1, i) as id, 'user' || i as username, 'Listener ' || i as display_name,
         'user' || i || '@example.org' as email, pg_temp.moment(i) as created_at
  from generate_series(1, pg_temp.size('people')) i;

create temp view places as
  select i as number, pg_temp.uid(2, i) as id, 'Room ' || i as name, 'A room about style ' || i as description,
         pg_temp.moment(i) as created_at
  from generate_series(1, pg_temp.size('rooms')) i;

-- Interleaved as live chat would be; 7919 is prime, so authors are spread.
create temp view said as
  select i as number, pg_temp.uid(2, 1 + (i - 1) % pg_temp.size('rooms')) as room_id,
         pg_temp.person(1 + i::bigint * 7919) as user_id,
         'Message number ' || i || ' says: ' || repeat('la ', 5 + i % 30) as content,
         pg_temp.moment(i) as created_at
  from generate_series(1, pg_temp.size('messages')) i;
