-- migrate:up

-- What has to be done elsewhere, at least once: a team to tell the document service of, a picture to delete from object
-- storage, a person to erase. A row for each subject: what changes again before it was told is told once.
create table outbox (
    kind text not null constraint outbox_kind_known check (kind in ('team', 'avatar', 'erasure')),
    subject text not null,
    version bigint not null default 0,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_error text,
    created_at timestamptz not null default now(),
    primary key (kind, subject)
);
create index outbox_due on outbox (next_attempt_at);

-- Who is being erased, and who was: an id alone, so that news of the account that come late make no profile again.
create table erasure (
    person uuid primary key,
    asked_by uuid not null,
    asked_at timestamptz not null default now(),
    account_ended_at timestamptz,
    documents_removed_at timestamptz,
    done_at timestamptz
);

-- migrate:down
drop table erasure;
drop table outbox;
