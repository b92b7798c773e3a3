-- Queries of the collaboration service, read by `collab_kit.database.load_queries` into `oplog.Queries`.

-- name: append
-- One group commit, in one round trip. $1, $2: documents and how many operations each gets; $3 to $6: the operations,
-- each with its document, its place among that document's (from 1), author and payload. Rows are locked in the order of
-- their ids, so that two replicas never wait for each other. A deleted document gets no row in the answer.
with counted as (
    select * from unnest($1::uuid[], $2::bigint[]) as counted (id, operations)
),
locked as materialized (
    select id from document where id = any($1::uuid[]) and deleted_at is null order by id for update
),
moved as (
    update document
    set head = document.head + counted.operations
    from counted join locked using (id)
    where document.id = counted.id
    returning document.id, document.head - counted.operations as before
),
written as (
    insert into operation (document, seq, author, payload)
    select moved.id, moved.before + operation.place, operation.author, operation.payload
    from unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::bytea[]) as operation (document, place, author, payload)
    join moved on moved.id = operation.document
)
select id, before from moved;

-- name: open_document
insert into document (id) values ($1)
on conflict (id) do nothing;

-- name: find_document
select
    document.head,
    document.base,
    document.deleted_at is not null as deleted,
    snapshot.object_key,
    snapshot.sha256
from document
left join snapshot on snapshot.document = document.id and snapshot.seq = document.base
where document.id = $1;

-- name: find_snapshot_before
select seq, object_key, sha256 from snapshot
where document = $1 and seq < $2
order by seq desc
limit 1;

-- name: operations_after
select seq, payload from operation
where document = $1 and seq > $2
order by seq
limit $3;

-- name: heads
select id, head, deleted_at is not null as deleted from document
where id = any($1::uuid[]);

-- name: delete_document
update document set deleted_at = now()
where id = $1 and deleted_at is null;

-- name: insert_snapshot
-- Only over the snapshot it was built on: of two replicas that compact at once, one finds no row to move.
with moved as (
    update document set base = $2
    where id = $1 and base = $3 and base < $2 and deleted_at is null
    returning id
)
insert into snapshot (document, seq, object_key, sha256, size_bytes)
select id, $2, $4, $5, $6 from moved;

-- name: trim_log
-- Operations that the last two snapshots both hold, a bounded number at a time: should the newer object turn out to be
-- damaged, the older one and the log still make the document.
delete from operation
where document = $1 and seq in (
    select seq from operation
    where document = $1 and seq <= (
        select min(seq) from (select seq from snapshot where document = $1 order by seq desc limit 2) as kept
        having count(*) = 2
    )
    order by seq
    limit $2
);

-- name: drop_old_snapshots
-- All but the current one and the one before it.
delete from snapshot
where document = $1 and seq < (
    select min(seq) from (select seq from snapshot where document = $1 order by seq desc limit 2) as kept
)
returning object_key;
