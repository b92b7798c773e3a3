-- Queries about signing keys, read by `collab_kit.database.load_queries` into `keys.store.Queries`.

-- name: list_keys
-- The latest first: the bound is far above what an overlap needs, and holds if somebody rotates in a loop.
select kid, x, sealed, extract(epoch from signs_from - now())::float8 as signs_in_s, revoked_at is not null as revoked
from signing_key
order by signs_from desc, created_at desc
limit 20;

-- name: insert_file_key
-- As one that has always signed.
insert into signing_key (kid, x, signs_from)
values ($1, $2, to_timestamp(0))
on conflict (kid) do nothing;

-- name: insert_key
insert into signing_key (kid, x, sealed, signs_from)
values ($1, $2, $3, now() + $4::interval);

-- name: revoke_others
update signing_key set revoked_at = now()
where kid <> $1 and revoked_at is null;

-- name: delete_old
-- Keys of tokens long expired; the file's key stays, or it would sign anew.
delete from signing_key as old
where old.sealed is not null and exists (
    select 1 from signing_key as newer
    where newer.signs_from > old.signs_from and newer.signs_from < now() - interval '30 days'
);
