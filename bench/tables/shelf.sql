-- Shelves of 50 playlists of 20 items, each item a track: the page of 9,450 fields, until playlists exist.
-- In a schema of its own, so that PostGraphile, which looks at `public`, does not see it.
create schema shelf;
create table shelf.playlists (
  id uuid primary key,
  shelf int not null,
  owner_id uuid not null references users,
  name text not null,
  description text,
  image_url text,
  created_at timestamptz not null
);
create table shelf.tracks (
  id uuid primary key,
  name text not null,
  artist_names text[] not null,
  album_name text,
  duration_ms int not null,
  image_url text
);
create table shelf.items (
  id int primary key,
  playlist_id uuid not null references shelf.playlists,
  position int not null,
  track_id uuid not null references shelf.tracks,
  added_at timestamptz not null
);

insert into shelf.tracks
  select pg_temp.uid(7, i), 'Song number ' || i, array['Artist ' || i % 3000, 'Artist ' || (i * 7) % 3000],
         'Album ' || i % 6000, 120000 + i * 37 % 200000, 'https://img.example.org/t/' || i || '.jpg'
  from generate_series(1, pg_temp.size('tracks')) i;
insert into shelf.playlists
  select pg_temp.uid(6, i), 1 + (i - 1) / 50, pg_temp.person(i * 3), 'Shelf playlist ' || i,
         'What to play at hour ' || i % 24, 'https://img.example.org/s/' || i || '.jpg', pg_temp.moment(i)
  from generate_series(1, 50 * pg_temp.size('shelves')) i;
-- 30 in each, of which the page asks for 20.
insert into shelf.items
  select (p - 1) * 30 + t + 1, pg_temp.uid(6, p), t, pg_temp.uid(7, 1 + (p * 31 + t * 7) % pg_temp.size('tracks')),
         pg_temp.moment(p + t)
  from generate_series(1, 50 * pg_temp.size('shelves')) p, generate_series(0, 29) t;

create index playlists_shelf_idx on shelf.playlists (shelf, id);
create unique index items_place_idx on shelf.items (playlist_id, position);
