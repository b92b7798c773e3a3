-- migrate:up
-- A reference to `document` needs that table for itself, for a moment; who waits for that makes everybody else wait too.
set local lock_timeout = '4s';

-- `secret` and `old_secret` are sealed (`sealing.py`): who reads this table cannot sign.
create table webhook (
    id uuid primary key,
    person uuid not null,
    url text not null constraint webhook_url_length check (char_length(url) between 1 and 2000),
    events text[] not null constraint webhook_events_bounded check (cardinality(events) between 1 and 20),
    reach text not null constraint webhook_reach_known check (reach in ('owned', 'editable')),
    secret bytea not null,
    old_secret bytea,
    old_secret_until timestamptz,
    created_at timestamptz not null default now(),
    version integer not null default 1,
    failing_since timestamptz,
    disabled_at timestamptz,
    disable_reason text constraint webhook_disable_reason_known
        check (disable_reason in ('by-owner', 'failing', 'gone', 'secret-unreadable')),
    constraint webhook_old_secret_ends check ((old_secret is null) = (old_secret_until is null)),
    constraint webhook_disabled_has_reason check ((disabled_at is null) = (disable_reason is null))
);
create index webhook_of_person on webhook (person, id);

-- Messages, written in the transaction of what they tell of, and the log of how they were delivered.
create table webhook_delivery (
    id uuid primary key default uuidv7(),
    webhook_id uuid not null references webhook (id) on delete cascade,
    message_id uuid not null,
    event text not null,
    body text not null constraint webhook_delivery_body_length check (char_length(body) <= 16384),
    state text not null default 'pending'
        constraint webhook_delivery_state_known check (state in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    created_at timestamptz not null default now(),
    next_attempt_at timestamptz not null default now(),
    last_attempt_at timestamptz,
    status integer,
    latency_ms integer,
    error text,
    response_excerpt text,
    constraint webhook_delivery_once unique (webhook_id, message_id)
);
create index webhook_delivery_waiting on webhook_delivery (webhook_id, next_attempt_at) where state = 'pending';
create index webhook_delivery_log on webhook_delivery (webhook_id, id);
create index webhook_delivery_age on webhook_delivery (created_at);

-- Documents that are being edited: one message when they have been left alone for a while, not one for each key pressed.
create table webhook_edit (
    document_id uuid primary key references document (id) on delete cascade,
    person uuid not null,
    first_at timestamptz not null default now(),
    due_at timestamptz not null
);
create index webhook_edit_due on webhook_edit (due_at);

-- migrate:down
drop table webhook_edit;
drop table webhook_delivery;
drop table webhook;
