"""One statement for each page, whose only value is the whole answer: the least that can be asked for."""

ROOM_PAGE = """
select json_build_object('data', json_build_object('room', (
  select json_build_object('id', r.id, 'name', r.name, 'description', r.description, 'messages', (
    select json_agg(json_build_object('id', m.id, 'content', m.content, 'createdAt', m.created_at,
      'author', json_build_object('id', u.id, 'displayName', u.display_name)) order by m.id desc)
    from (select * from messages where room_id = r.id order by id desc limit 50) m
    join users u on u.id = m.user_id))
  from rooms r where r.id = $1)))::text"""

LIBRARY_PAGE = """
select json_build_object('data', json_build_object('user', (
  select json_build_object('id', u.id, 'displayName', u.display_name, 'playlists', (
    select json_agg(json_build_object('id', p.id, 'name', p.name, 'description', p.description,
      'imageUrl', p.image_url, 'createdAt', p.created_at,
      'owner', json_build_object('id', u.id, 'displayName', u.display_name),
      'trackCount', (select count(*) from playlist_tracks t where t.playlist_id = p.id),
      'tracks', (
        select json_agg(json_build_object('position', t.position, 'trackName', t.track_name,
          'artistNames', t.artist_names, 'albumName', t.album_name, 'durationMs', t.duration_ms)
          order by t.position)
        from playlist_tracks t where t.playlist_id = p.id and t.position < 20)) order by p.id)
    from (select * from playlists where owner_id = u.id order by id limit 20) p))
  from users u where u.id = $1)))::text"""

BLEND_PAGE = """
select json_build_object('data', json_build_object('blend', (
  select json_build_object('id', b.id, 'name', b.name, 'algorithmType', b.algorithm_type,
    'createdAt', b.created_at, 'participants', (
      select json_agg(json_build_object('weight', p.weight, 'user',
        json_build_object('id', u.id, 'displayName', u.display_name, 'avatarUrl', u.avatar_url))
        order by p.user_id)
      from blend_participants p join users u on u.id = p.user_id where p.blend_id = b.id),
    'tracks', (
      select json_agg(json_build_object('position', t.position, 'trackName', t.track_name,
        'artistName', t.artist_name, 'albumName', t.album_name, 'durationMs', t.duration_ms,
        'similarityScore', t.similarity_score,
        'contributor', json_build_object('id', u.id, 'displayName', u.display_name)) order by t.position)
      from blend_tracks t join users u on u.id = t.source_user_id where t.blend_id = b.id))
  from blends b where b.id = $1)))::text"""

FEED = """
select json_build_object('data', json_build_object('generatedTracks', (
  select json_agg(json_build_object('id', g.id, 'title', g.title, 'status', g.status,
    'durationS', g.duration_s, 'url', g.url, 'createdAt', g.created_at,
    'creator', json_build_object('id', u.id, 'displayName', u.display_name, 'avatarUrl', u.avatar_url))
    order by g.created_at desc, g.id)
  from (select * from generated_tracks order by created_at desc, id limit $1) g
  join users u on u.id = g.user_id)))::text"""

ONE_OBJECT = """
select json_build_object('data', json_build_object('user', (
  select json_build_object('id', id, 'displayName', display_name) from users where id = $1)))::text"""

SEND_MESSAGE = """
with m as (insert into messages (room_id, user_id, content) values ($1, $2, $3) returning *)
select json_build_object('data', json_build_object('sendMessage', (
  select json_build_object('id', m.id, 'content', m.content, 'createdAt', m.created_at,
    'author', json_build_object('id', u.id, 'displayName', u.display_name))
  from m join users u on u.id = m.user_id)))::text"""

PLAYLISTS_9450 = """
select json_build_object('data', json_build_object('shelf', (
  select json_agg(json_build_object('id', p.id, 'name', p.name, 'description', p.description,
    'imageUrl', p.image_url, 'createdAt', p.created_at,
    'owner', json_build_object('id', u.id, 'displayName', u.display_name),
    'items', (
      select json_agg(json_build_object('position', i.position, 'addedAt', i.added_at, 'track',
        json_build_object('id', t.id, 'name', t.name, 'artistNames', t.artist_names,
          'albumName', t.album_name, 'durationMs', t.duration_ms, 'imageUrl', t.image_url))
        order by i.position)
      from shelf.items i join shelf.tracks t on t.id = i.track_id
      where i.playlist_id = p.id and i.position < 20)) order by p.id)
  from (select * from shelf.playlists where shelf = $1 order by id limit 50) p
  join users u on u.id = p.owner_id)))::text"""

BY_OPERATION = {
    "Room": ROOM_PAGE,
    "Library": LIBRARY_PAGE,
    "Blend": BLEND_PAGE,
    "Feed": FEED,
    "User": ONE_OBJECT,
    "Send": SEND_MESSAGE,
    "Shelf": PLAYLISTS_9450,
}
