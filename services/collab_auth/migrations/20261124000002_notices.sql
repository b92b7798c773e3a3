-- migrate:up
-- A reference to `account` needs that table for itself, for a moment; who waits for that makes everybody else wait too.
set local lock_timeout = '4s';

-- Mails that tell people what others did, as another service worded them. Where they go is looked up when they are sent: to the
-- account's address, if it was proved to be theirs.
create table notice (
    id uuid primary key,
    account_id uuid not null references account (id) on delete cascade,
    subject text not null constraint notice_subject_length check (char_length(subject) between 1 and 300),
    paragraphs text[] not null constraint notice_has_paragraphs check (cardinality(paragraphs) between 1 and 50),
    link text not null,
    link_text text not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_error text,
    created_at timestamptz not null default now()
);
create index notice_due on notice (next_attempt_at);
create index notice_of_account on notice (account_id);

-- migrate:down
drop table notice;
