-- migrate:up

-- Mails to send, without the tokens in them: those are made when a mail is sent, and kept as hashes. One mail of a kind to an
-- address waits at a time, so that asking again and again fills nothing. No account: whether there is one is found out later, or
-- the answer would tell by how long it takes.
create table mail (
    id uuid primary key default uuidv7(),
    kind text not null constraint mail_kind_length check (char_length(kind) between 1 and 40),
    recipient text not null constraint mail_recipient_length check (char_length(recipient) between 3 and 254),
    account_id uuid references account (id) on delete cascade,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_error text,
    created_at timestamptz not null default now(),
    constraint mail_waits_once unique (kind, recipient)
);
create index mail_due on mail (next_attempt_at);
create index mail_of_account on mail (account_id);

-- What a mail proves, once. Only the newest of each kind counts.
create table one_time_token (
    hash bytea primary key constraint one_time_token_hash_sha256 check (octet_length(hash) = 32),
    account_id uuid not null references account (id) on delete cascade,
    purpose text not null
        constraint one_time_token_purpose_known check (purpose in ('verify-email', 'reset-password', 'change-email')),
    email text not null,
    expires_at timestamptz not null,
    constraint one_time_token_newest unique (account_id, purpose)
);
create index one_time_token_expiry on one_time_token (expires_at);

-- migrate:down
drop table one_time_token;
drop table mail;
