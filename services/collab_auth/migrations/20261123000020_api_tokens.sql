-- migrate:up
set local lock_timeout = '4s';

-- Only hashes, as of refresh tokens: who reads this table cannot use what it holds.
create table api_token (
    id uuid primary key default uuidv7(),
    account_id uuid not null references account (id) on delete cascade,
    name text not null constraint api_token_name_length check (char_length(name) between 1 and 80),
    scopes text[] not null constraint api_token_has_scopes check (cardinality(scopes) between 1 and 20),
    hash bytea not null
        constraint api_token_hash_unique unique
        constraint api_token_hash_sha256 check (octet_length(hash) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz
);
create index api_token_of_account on api_token (account_id, id);
create index api_token_expiry on api_token (expires_at) where expires_at is not null;

-- migrate:down
drop table api_token;
