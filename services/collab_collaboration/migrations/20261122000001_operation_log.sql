-- migrate:up

-- `head` is the number of a document's last operation, `base` that of the last one its snapshot holds. Every commit moves
-- `head` in place: the free space in each page keeps that update from touching the index.
create table document (
    id uuid primary key,
    head bigint not null default 0,
    base bigint not null default 0,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint document_base_within_log check (base between 0 and head)
) with (fillfactor = 50);

-- What clients sent, as Yjs updates. Numbers are given under the lock of the document's row, so they have no gaps: a replica
-- that sees one knows that it missed something. No foreign key: the only statement that writes here joins that very row.
create table operation (
    document uuid not null,
    seq bigint not null constraint operation_seq_positive check (seq > 0),
    author uuid not null,
    committed_at timestamptz not null default now(),
    payload bytea not null constraint operation_payload_not_empty check (octet_length(payload) > 0),
    primary key (document, seq)
);

-- Objects in the object store that hold all operations up to and including `seq`.
create table snapshot (
    document uuid not null references document (id) on delete cascade,
    seq bigint not null,
    object_key text not null constraint snapshot_object_key_unique unique,
    sha256 bytea not null constraint snapshot_sha256_length check (octet_length(sha256) = 32),
    size_bytes bigint not null,
    created_at timestamptz not null default now(),
    primary key (document, seq)
);

-- migrate:down
drop table snapshot;
drop table operation;
drop table document;
