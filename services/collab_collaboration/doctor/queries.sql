-- Queries of the operator's commands, read by `collab_kit.database.load_queries` into `doctor.store.Queries`.

-- name: find_document
select head, base, epoch, epoch_base, created_at, deleted_at from document where id = $1;

-- name: list_snapshots
-- Of the present life, the current one first.
select seq, object_key, sha256, size_bytes, created_at from snapshot
where document = $1 and seq >= (select epoch_base from document where id = $1)
order by seq desc;

-- name: measure_log
select
    count(*) as operations, coalesce(sum(octet_length(payload)), 0)::bigint as size_bytes,
    min(seq) as first_seq, max(seq) as last_seq
from operation where document = $1;

-- name: list_operations
select seq, author, committed_at, payload from operation
where document = $1 and seq > $2
order by seq
limit $3;

-- name: last_edit
select author, committed_at as at from operation where document = $1 order by seq desc limit 1;

-- name: swap_snapshot
-- In place of a damaged object, $4, unless the document began another life or somebody was faster.
update snapshot set object_key = $5, sha256 = $6, size_bytes = $7
where document = $1 and seq = $3 and object_key = $4
    and exists (select from document where id = $1 and epoch = $2 and deleted_at is null);

-- name: insert_quarantine
insert into quarantine (document, object_key, sha256, size_bytes, operations, objects)
select id, $2, $3, $4, $5, $6 from document where id = $1 and deleted_at is null
returning id, created_at, object_key, sha256, size_bytes, operations, objects;

-- name: list_quarantines
select id, created_at, object_key, sha256, size_bytes, operations, objects from quarantine
where document = $1
order by id desc;
