-- migrate:up
set local lock_timeout = '4s';

-- Whoever has the token has the role. It is looked up by its SHA-256; sealed (AES-GCM, with a key that is not in this
-- database) it is kept for nothing but to show it to the owner again.
create table link (
    id uuid primary key default uuidv7(),
    document_id uuid not null references document (id) on delete cascade,
    token_hash bytea not null constraint link_token_unique unique
        constraint link_token_hash_length check (octet_length(token_hash) = 32),
    token_sealed bytea not null,
    role text not null constraint link_role_known check (role in ('editor', 'commenter', 'viewer')),
    password_hash text,
    expires_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null default now()
);
create index link_of_document on link (document_id, id);

-- migrate:down
drop table link;
