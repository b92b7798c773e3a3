-- migrate:up
set local lock_timeout = '4s';

-- Everyone's own folders; they give no rights. `parent_id` has no cascade: what is in a folder moves up before it goes.
create table folder (
    id uuid primary key default uuidv7(),
    user_id uuid not null,
    parent_id uuid references folder (id),
    name text not null constraint folder_name_length check (char_length(name) between 1 and 200),
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    constraint folder_not_its_own_parent check (parent_id <> id)
);
create index folder_user on folder (user_id, id);
create index folder_parent on folder (parent_id) where parent_id is not null;

-- What a document is to one person beside their role in it. It may outlive the role, and counts again with a new one.
create table personal (
    user_id uuid not null,
    document_id uuid not null references document (id) on delete cascade,
    favourite_at timestamptz,
    opened_at timestamptz,
    folder_id uuid references folder (id),
    primary key (user_id, document_id)
);
create index personal_document on personal (document_id);
create index personal_favourite on personal (user_id, favourite_at desc, document_id desc) where favourite_at is not null;
create index personal_opened on personal (user_id, opened_at desc, document_id desc) where opened_at is not null;
create index personal_folder on personal (folder_id, document_id) where folder_id is not null;

-- Creations that carried an Idempotency-Key, and what they made, until a day has passed.
create table idempotency (
    user_id uuid not null,
    key text not null constraint idempotency_key_length check (char_length(key) between 1 and 255),
    request bytea not null constraint idempotency_request_length check (octet_length(request) = 32),
    made uuid,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
);
create index idempotency_created on idempotency (created_at);

-- People who are to be forgotten, until nothing of theirs is left.
create table erasure (
    user_id uuid primary key,
    requested_at timestamptz not null default now()
);

-- migrate:down
drop table erasure;
drop table idempotency;
drop table personal;
drop table folder;
