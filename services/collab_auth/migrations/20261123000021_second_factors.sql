-- migrate:up
set local lock_timeout = '4s';

-- One-time codes of an authenticator app. The secret is sealed with a key that the database does not have. Pending until a code
-- has shown that the app has it. `last_step` is the time step of the last code taken, which nobody can use again.
create table totp (
    account_id uuid primary key references account (id) on delete cascade,
    sealed_secret bytea not null,
    created_at timestamptz not null default now(),
    confirmed_at timestamptz,
    last_step bigint not null default 0
);

create table recovery_code (
    account_id uuid not null references account (id) on delete cascade,
    hash bytea not null constraint recovery_code_hash_sha256 check (octet_length(hash) = 32),
    created_at timestamptz not null default now(),
    used_at timestamptz,
    primary key (account_id, hash)
);

create table passkey (
    id uuid primary key default uuidv7(),
    account_id uuid not null references account (id) on delete cascade,
    credential_id bytea not null
        constraint passkey_credential_unique unique
        constraint passkey_credential_length check (octet_length(credential_id) between 1 and 1023),
    public_key bytea not null,
    sign_count bigint not null constraint passkey_sign_count_positive check (sign_count >= 0),
    transports text[] not null default '{}',
    backed_up boolean not null,
    name text not null constraint passkey_name_length check (char_length(name) between 1 and 80),
    created_at timestamptz not null default now(),
    last_used_at timestamptz
);
create index passkey_of_account on passkey (account_id, id);

-- Who has shown the password and still owes a second factor. Good for as long as the password is the one that was shown.
create table second_factor_token (
    hash bytea primary key constraint second_factor_token_hash_sha256 check (octet_length(hash) = 32),
    account_id uuid not null references account (id) on delete cascade,
    password_digest bytea not null,
    attempts integer not null default 0,
    expires_at timestamptz not null
);
create index second_factor_token_of_account on second_factor_token (account_id);
create index second_factor_token_expiry on second_factor_token (expires_at);

-- What a passkey is asked to sign. `state_hash` is of what the browser brings back to say which; taken once.
create table passkey_challenge (
    state_hash bytea primary key constraint passkey_challenge_hash_sha256 check (octet_length(state_hash) = 32),
    challenge bytea not null,
    purpose text not null
        constraint passkey_challenge_purpose_known check (purpose in ('registration', 'sign-in', 'second-factor')),
    account_id uuid references account (id) on delete cascade,
    second_factor_hash bytea,
    expires_at timestamptz not null,
    constraint passkey_challenge_of_somebody check ((account_id is null) = (purpose = 'sign-in')),
    constraint passkey_challenge_has_token check ((second_factor_hash is null) = (purpose <> 'second-factor'))
);
create index passkey_challenge_of_account on passkey_challenge (account_id);
create index passkey_challenge_expiry on passkey_challenge (expires_at);

-- Codes and passwords guessed against one account, from wherever, since the window began.
create table factor_attempts (
    account_id uuid primary key references account (id) on delete cascade,
    attempts integer not null,
    window_ends_at timestamptz not null
);

-- migrate:down
drop table factor_attempts;
drop table passkey_challenge;
drop table second_factor_token;
drop table passkey;
drop table recovery_code;
drop table totp;
