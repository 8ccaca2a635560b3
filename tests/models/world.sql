-- People of every standing in three rooms, and something of each in every table. Names are keys: see id().
create schema test;
create function test.id(name text) returns uuid language sql immutable return md5(name)::uuid;

create table test.people (name text, role room_role, muted_until timestamptz, banned_until timestamptz);
insert into test.people values
  ('stranger', null, null, null),
  ('member', 'member', null, null),
  ('moderator', 'moderator', null, null),
  ('owner', 'owner', null, null),
  ('muted', 'member', 'infinity', null),
  ('banned', 'member', null, 'infinity'),
  ('unmuted', 'member', '2020-01-01', null),
  ('pardoned', 'member', null, '2020-01-01'),
  ('guest', null, null, null);

insert into users (id, username, username_key) select test.id(name), name, name from test.people;
insert into accounts (user_id, email) select test.id(name), name || '@example.com' from test.people where name <> 'guest';
insert into credentials (user_id, password_hash) select user_id, 'hash' from accounts;
insert into user_identities (user_id, issuer, subject) select user_id, 'https://issuer', user_id from accounts;
insert into user_sessions (id, user_id, expires_at) select user_id, user_id, now() + interval '1 day' from accounts;
insert into refresh_tokens (token_hash, session_id, expires_at) select decode(md5(id::text), 'hex'), id, expires_at from user_sessions;
insert into idempotency_keys (user_id, operation, client_key, input_hash, result) select user_id, 'test', user_id, '', '{}' from accounts;
insert into rate_buckets values ('test', 'test', 1, now());

update chat_rooms set id = test.id('default'), name = 'default';
insert into chat_rooms (id, name, is_private) values (test.id('public'), 'public', false), (test.id('private'), 'private', true);
insert into room_members (room_id, user_id, role, muted_until)
  select test.id(room), test.id(name), role, muted_until
  from test.people, unnest(array['public', 'private']) room where role is not null;
insert into room_members (room_id, user_id) select test.id('default'), test.id(name) from test.people where role is not null;
insert into room_bans (room_id, user_id, expires_at)
  select test.id(room), test.id(name), nullif(banned_until, 'infinity')
  from test.people, unnest(array['public', 'private']) room where banned_until is not null;
-- The stranger has been here once, too.
insert into chat_messages (room_id, user_id, content, client_key, input_hash)
  select r.id, a.user_id, 'Hello', gen_random_uuid(), '' from accounts a, chat_rooms r;
insert into message_reactions (message_id, user_id, emoji, room_id)
  select m.id, a.user_id, '+', m.room_id from chat_messages m, accounts a where m.user_id = test.id('owner');

insert into topics values ('test', 1);
insert into events (topic, seq, kind, payload) values ('test', 1, 'made', '{}');
insert into pgqueuer (priority, status, entrypoint) values (0, 'queued', 'test');
insert into pgqueuer_log (job_id, status, priority, entrypoint) values (1, 'queued', 0, 'test');
insert into pgqueuer_schedules (expression, entrypoint) values ('* * * * *', 'test');
insert into pgqueuer_statistics (count, priority, status, entrypoint) values (1, 0, 'queued', 'test');
