-- Queries of the collaboration service, read by `collab_kit.database.load_queries` into `oplog.Queries`.

-- name: append
-- One group commit, in one round trip. $1, $2, $7: documents, how many operations each gets, and the epoch they are for; $3 to
-- $6: the operations, each with its document, its place among that document's (from 1), author and payload. Rows are locked in
-- the order of their ids, so that two replicas never wait for each other. A document that is deleted, or in another epoch, gets
-- no row in the answer.
with counted as (
    select * from unnest($1::uuid[], $2::bigint[], $7::integer[]) as counted (id, operations, epoch)
),
locked as materialized (
    select id, epoch from document where id = any($1::uuid[]) and deleted_at is null order by id for update
),
moved as (
    update document
    set head = document.head + counted.operations
    from counted join locked using (id, epoch)
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
    document.epoch,
    document.epoch_base,
    document.deleted_at is not null as deleted,
    snapshot.object_key,
    snapshot.sha256
from document
left join snapshot on snapshot.document = document.id and snapshot.seq = document.base
where document.id = $1;

-- name: find_snapshot_before
select seq, object_key, sha256 from snapshot
where document = $1 and seq < $2 and seq >= (select epoch_base from document where id = $1)
order by seq desc
limit 1;

-- name: operations_after
-- None once the document is in another epoch than $4: those of two lives are never read into one state.
select seq, payload from operation
where document = $1 and seq > $2 and exists (select from document where id = $1 and epoch = $4)
order by seq
limit $3;

-- name: heads
select id, head, epoch, deleted_at is not null as deleted from document
where id = any($1::uuid[]);

-- name: progress
select id, head, epoch, false as deleted from document
where id > $1 and deleted_at is null
order by id
limit $2;

-- name: delete_document
-- Also one that was never opened here: a ticket that is still good must not open it.
insert into document (id, deleted_at) values ($1, now())
on conflict (id) do update set deleted_at = now() where document.deleted_at is null;

-- name: insert_snapshot
-- Only over the snapshot it was built on: of two replicas that compact at once, one finds no row to move.
with moved as (
    update document set base = $2
    where id = $1 and base = $3 and base < $2 and deleted_at is null
    returning id
)
insert into snapshot (document, seq, object_key, sha256, size_bytes)
select id, $2, $4, $5, $6 from moved;

-- name: begin_epoch
-- From one life of a document, $2, to another, $3, whose state is the object $4; only if no operation came after number $7,
-- where one is given. What is stored of former lives counts for nothing from here on.
with moved as (
    update document set epoch = $3, head = head + 1, base = head + 1, epoch_base = head + 1
    where id = $1 and epoch = $2 and head = coalesce($7, head) and deleted_at is null
    returning id, head
)
insert into snapshot (document, seq, object_key, sha256, size_bytes)
select id, head, $4, $5, $6 from moved;

-- name: trim_log
-- Operations that the last two snapshots both hold, a bounded number at a time: should the newer object turn out to be
-- damaged, the older one and the log still make the document. And those of former lives. But none that no snapshot of $3 ago
-- holds: what an object store has just taken may be gone again when its machine loses power. Who wrote them is kept, in the
-- same statement: an operation is counted in the log or in `authorship`, never in both.
with gone as (
    delete from operation
    where document = $1 and seq in (
        select seq from operation
        where document = $1 and seq <= least(
            greatest(
                (select epoch_base from document where id = $1),
                (
                    select min(seq)
                    from (select seq from snapshot where document = $1 order by seq desc limit 2) as kept
                    having count(*) = 2
                )
            ),
            (select coalesce(max(seq), 0) from snapshot where document = $1 and created_at <= now() - $3::interval)
        )
        order by seq
        limit $2
    )
    returning author, seq, committed_at, octet_length(payload) as size_bytes
),
kept as (
    insert into authorship as known
        (document, slot, author, first_seq, last_seq, operations, size_bytes, first_at, last_at)
    select
        $1, date_bin('5 minutes', committed_at, timestamptz 'epoch') as slot, author,
        min(seq), max(seq), count(*), sum(size_bytes), min(committed_at), max(committed_at)
    from gone
    group by slot, author
    on conflict (document, slot, author) do update set
        first_seq = least(known.first_seq, excluded.first_seq),
        last_seq = greatest(known.last_seq, excluded.last_seq),
        operations = known.operations + excluded.operations,
        size_bytes = known.size_bytes + excluded.size_bytes,
        first_at = least(known.first_at, excluded.first_at),
        last_at = greatest(known.last_at, excluded.last_at)
)
select count(*) as trimmed from gone;

-- name: drop_old_snapshots
-- All but the current one and the one before it, and all of former lives; but the newest that is older than $2, and what came
-- after it, stay.
delete from snapshot
where document = $1 and seq < least(
    greatest(
        (select epoch_base from document where id = $1),
        (select min(seq) from (select seq from snapshot where document = $1 order by seq desc limit 2) as kept)
    ),
    (select coalesce(max(seq), 0) from snapshot where document = $1 and created_at <= now() - $2::interval)
)
returning object_key;

-- name: claim_deleted
-- One document that was deleted longer than $1 ago and is still stored; nobody else gets it for as long as $2.
update document set purge_claimed_at = now()
where id = (
    select id from document
    where deleted_at < now() - $1::interval and purged_at is null
        and (purge_claimed_at is null or purge_claimed_at < now() - $2::interval)
    order by deleted_at
    limit 1
    for update skip locked
)
returning id;

-- name: purge_operations
delete from operation
where document = $1 and seq in (select seq from operation where document = $1 order by seq limit $2);

-- name: purge_authorship
delete from authorship
where document = $1 and (slot, author) in (select slot, author from authorship where document = $1 limit $2);

-- name: purge_clients
delete from client_author
where document = $1 and client in (select client from client_author where document = $1 order by client limit $2);

-- name: finish_purge
-- The row stays, so that no ticket, no event and no client ever opens the document again.
with snapshots as (delete from snapshot where document = $1),
versions as (delete from version where document = $1),
quarantined as (delete from quarantine where document = $1)
update document set purged_at = now() where id = $1;

-- name: payloads_after
select seq, author, payload from operation
where document = $1 and seq > $2
order by seq
limit $3;

-- name: record_clients
-- $2, $3: Yjs clients, each once, and the people who wrote as them. Whoever came first stays: others may repeat what they got.
insert into client_author (document, client, author)
select $1, client, author from unnest($2::bigint[], $3::uuid[]) as written (client, author)
on conflict (document, client) do nothing;
