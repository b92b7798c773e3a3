-- migrate:up
-- A reference to `document` needs that table for itself, for a moment; who waits for that makes everybody else wait too.
set local lock_timeout = '4s';

-- For each person what others did; about a document, or about a webhook of theirs. Removed after a while. Whether the person may
-- still see the document is asked when it is read, not here.
create table notification (
    id uuid primary key default uuidv7(),
    person uuid not null,
    kind text not null
        constraint notification_kind_known check (kind in ('mention', 'reply', 'shared', 'ownership', 'webhook-disabled')),
    actor uuid,
    document_id uuid references document (id) on delete cascade,
    thread_id uuid,
    comment_id uuid,
    webhook_id uuid,
    created_at timestamptz not null default now(),
    read_at timestamptz,
    constraint notification_of_others check (actor is distinct from person),
    constraint notification_has_a_subject check (document_id is not null or webhook_id is not null)
);
create index notification_of_person on notification (person, id);
create index notification_unread on notification (person, id) where read_at is null;
create index notification_of_document on notification (document_id);
create index notification_age on notification (created_at);
-- A comment makes at most one notification for each person.
create unique index notification_once on notification (comment_id, person) where comment_id is not null;

-- migrate:down
drop table notification;
