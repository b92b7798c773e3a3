-- migrate:up

-- Named snapshots. The object is the version's own: compaction, which keeps two snapshots, never touches it. `authors` wrote
-- between the version before and this one.
create table version (
    id uuid primary key default uuidv7(),
    document uuid not null references document (id),
    epoch integer not null,
    seq bigint not null,
    name text not null constraint version_name_length check (char_length(name) between 1 and 200),
    created_by uuid not null,
    created_at timestamptz not null default now(),
    authors uuid[] not null,
    object_key text not null constraint version_object_key_unique unique,
    sha256 bytea not null constraint version_sha256_length check (octet_length(sha256) = 32),
    size_bytes bigint not null
);
create index version_of_document on version (document, id);

-- Who wrote operations that the log no longer holds, by slots of five minutes. No foreign key, nor in the next table: it would lock
-- the document's row, which every commit waits for.
create table authorship (
    document uuid not null,
    slot timestamptz not null,
    author uuid not null,
    first_seq bigint not null,
    last_seq bigint not null,
    operations bigint not null,
    size_bytes bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (document, slot, author),
    constraint authorship_in_order check (first_seq <= last_seq and first_at <= last_at and operations > 0)
);

-- Which person wrote as which Yjs client; whoever stored a client's first structs.
create table client_author (
    document uuid not null,
    client bigint not null,
    author uuid not null,
    primary key (document, client)
);

-- Objects that hold what a repair left out of a document.
create table quarantine (
    id uuid primary key default uuidv7(),
    document uuid not null references document (id),
    created_at timestamptz not null default now(),
    object_key text not null constraint quarantine_object_key_unique unique,
    sha256 bytea not null constraint quarantine_sha256_length check (octet_length(sha256) = 32),
    size_bytes bigint not null,
    operations bigint not null,
    objects bigint not null
);
create index quarantine_of_document on quarantine (document, id);

-- migrate:down
drop table quarantine;
drop table client_author;
drop table authorship;
drop table version;
