-- migrate:up
set local lock_timeout = '4s';

-- Who somebody is at a provider that signs people in (OIDC). The subject is the only name of theirs that never changes and is never
-- given to another; an e-mail address is neither.
create table identity (
    issuer text not null constraint identity_issuer_length check (char_length(issuer) between 1 and 500),
    subject text not null constraint identity_subject_length check (char_length(subject) between 1 and 255),
    account_id uuid not null references account (id) on delete cascade,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    primary key (issuer, subject)
);
create index identity_of_account on identity (account_id);

-- migrate:down
drop table identity;
