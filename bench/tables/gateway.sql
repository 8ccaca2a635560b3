-- Rows of our tables. Triggers would count one by one what is counted here at the end.
set session_replication_role = replica;

insert into users (id, username, username_key, display_name, created_at)
  select id, username, username, display_name, created_at from pg_temp.people;
insert into accounts (user_id, email, email_verified_at) select id, email, created_at from pg_temp.people;
insert into chat_rooms (id, name, description, created_at)
  select id, name, description, created_at from pg_temp.places;

-- A person is in the rooms whose numbers end as theirs does; all are in the last room.
insert into room_members (room_id, user_id, joined_at)
  select r.id, p.id, p.created_at from pg_temp.places r join pg_temp.people p on p.number % 10 = r.number % 10
  where r.number < pg_temp.size('rooms')
  union all
  select pg_temp.uid(2, pg_temp.size('rooms')), p.id, p.created_at from pg_temp.people p;

insert into chat_messages (id, room_id, user_id, content, client_key, input_hash, created_at)
  overriding system value
  select number, room_id, user_id, content, pg_temp.uid(9, number), '', created_at from pg_temp.said;
select setval(pg_get_serial_sequence('chat_messages', 'id'), pg_temp.size('messages'));

update chat_rooms r set
  member_count = (select count(*) from room_members m where m.room_id = r.id),
  last_message_id = (select coalesce(max(m.id), 0) from chat_messages m where m.room_id = r.id)
  where not is_default_room;
update chat_rooms set member_count = pg_temp.size('people') where is_default_room;

set session_replication_role = origin;
