-- migrate:up
create table account (
    id uuid primary key default uuidv7(),
    email text not null
        constraint account_email_unique unique
        -- "C": ASCII only, and so the same in PostgreSQL and in Python, whose lower() leaves nothing for it to do.
        constraint account_email_normalised check (email = lower(email collate "C") and email = btrim(email))
        constraint account_email_length check (char_length(email) between 3 and 254),
    password_hash text not null,
    created_at timestamptz not null default now()
);

-- A session is a family of refresh tokens: each use of the current one makes the next generation.
create table session (
    id uuid primary key default uuidv7(),
    account_id uuid not null references account (id) on delete cascade,
    generation integer not null default 0 constraint session_generation_positive check (generation >= 0),
    siblings smallint not null default 0,
    rotated_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text constraint session_end_reason_known check (end_reason in ('signed-out', 'token-reused')),
    constraint session_end_has_reason check ((ended_at is null) = (end_reason is null))
);
create index session_account on session (account_id);
create index session_expiry on session (expires_at);

-- Only hashes: who reads this table cannot use what it holds. Used tokens stay, to be recognised when they come again.
create table refresh_token (
    hash bytea primary key constraint refresh_token_hash_sha256 check (octet_length(hash) = 32),
    session_id uuid not null references session (id) on delete cascade,
    generation integer not null
);
create index refresh_token_session on refresh_token (session_id);

-- Profiles the user service still has to be told about, written in the transaction that makes the account.
create table outbox (
    account_id uuid primary key references account (id) on delete cascade,
    email text not null,
    name text not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_error text,
    created_at timestamptz not null default now()
);
create index outbox_due on outbox (next_attempt_at);

-- migrate:down
drop table outbox;
drop table refresh_token;
drop table session;
drop table account;
