-- Queries for pictures, read by `collab_kit.database.load_queries` into `store.Queries`.

-- name: find_avatar
select avatar_key as key from profile
where id = $1 and avatar_hash = $2;

-- name: claim_key
-- The intent, written before the object. Once its deletion has begun the key is not to be used any more.
delete from outbox
where kind = 'avatar' and subject = $1 and attempts = 0;

-- name: lock_avatar
select avatar_key as key from profile
where id = $1
for no key update;

-- name: set_avatar
update profile
set avatar_key = $2, avatar_hash = $3, version = version + 1, updated_at = now()
where id = $1
returning id, email, name, color, avatar_hash, version;
