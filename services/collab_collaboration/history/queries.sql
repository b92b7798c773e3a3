-- Queries about versions and history, read by `collab_kit.database.load_queries` into `history.store.Queries`.

-- name: find_life
select epoch, head, base, deleted_at is not null as deleted from document where id = $1;

-- name: insert_version
-- $2, $3: the life and the last operation that the object holds; $9: how many versions a document may have. Authors wrote after
-- the version before; in which life does not matter, numbers going on over lives.
insert into version (document, epoch, seq, name, created_by, authors, object_key, sha256, size_bytes)
select
    document.id, $2, $3, $4, $5,
    array(
        select author from authorship where document = $1 and last_seq > before.seq and first_seq <= $3
        union
        select author from operation where document = $1 and seq > before.seq and seq <= $3
        order by author
    ),
    $6, $7, $8
from document, (select coalesce(max(seq), 0) as seq from version where document = $1 and seq <= $3) as before
where document.id = $1 and document.epoch = $2 and document.deleted_at is null
    and (select count(*) from version where document = $1) < $9
returning id, document, epoch, seq, name, created_by, created_at, authors, object_key, sha256, size_bytes;

-- name: count_versions
select count(*) as number from version where document = $1;

-- name: list_versions
-- Newest first: ids are given in the order of time. The page after the one that ended with id $2.
select id, document, epoch, seq, name, created_by, created_at, authors, object_key, sha256, size_bytes from version
where document = $1 and id < $2
order by id desc
limit $3;

-- name: find_version
select id, document, epoch, seq, name, created_by, created_at, authors, object_key, sha256, size_bytes from version
where document = $1 and id = $2;

-- name: rename_version
update version set name = $3
where document = $1 and id = $2
returning id, document, epoch, seq, name, created_by, created_at, authors, object_key, sha256, size_bytes;

-- name: replace_version
-- Another object, which holds more, up to operation $3 and by $7 too; only in the place of the object $8.
update version set
    seq = $3, object_key = $4, sha256 = $5, size_bytes = $6,
    authors = array(select distinct author from unnest(authors || $7::uuid[]) as written (author) order by author)
where document = $1 and id = $2 and object_key = $8
returning id, document, epoch, seq, name, created_by, created_at, authors, object_key, sha256, size_bytes;

-- name: delete_version
delete from version
where document = $1 and id = $2
returning id, document, epoch, seq, name, created_by, created_at, authors, object_key, sha256, size_bytes;

-- name: list_sessions
-- What one person wrote with no pause of over fifteen minutes; from the log, and from what was kept of operations trimmed. By
-- when they began, which does not change while somebody goes on writing: the page after the session of $3 that began at $2.
with slot as (
    select author, first_at, last_at, operations, size_bytes from authorship where document = $1
    union all
    select author, min(committed_at), max(committed_at), count(*), sum(octet_length(payload)) from operation
    where document = $1
    group by author, date_bin('5 minutes', committed_at, timestamptz 'epoch')
),
marked as (
    select
        *, coalesce(first_at - lag(last_at) over earlier > interval '15 minutes', true)::integer as is_first
    from slot
    window earlier as (partition by author order by first_at, last_at)
),
numbered as (
    select *, sum(is_first) over (partition by author order by first_at, last_at) as number from marked
)
select
    author, min(first_at) as began_at, max(last_at) as ended_at,
    sum(operations)::bigint as operations, sum(size_bytes)::bigint as size_bytes
from numbered
group by author, number
having (min(first_at), author) < ($2, $3)
order by began_at desc, author desc
limit $4;

-- name: list_authors
with written as (
    select author, first_at, last_at, operations, size_bytes from authorship where document = $1
    union all
    select author, committed_at, committed_at, 1, octet_length(payload) from operation where document = $1
)
select
    author, min(first_at) as began_at, max(last_at) as ended_at,
    sum(operations)::bigint as operations, sum(size_bytes)::bigint as size_bytes
from written
group by author
order by ended_at desc, author;

-- name: list_clients
select client, author from client_author
where document = $1 and client > $2
order by client
limit $3;

-- name: count_clients
select count(*) as number from client_author where document = $1;

-- name: lock_restoring
-- Of the session, not of a transaction, which may not be idle for as long as restoring takes.
select pg_advisory_lock(hashtextextended('restoring ' || $1::uuid::text, 0));

-- name: unlock_restoring
select pg_advisory_unlock(hashtextextended('restoring ' || $1::uuid::text, 0));
