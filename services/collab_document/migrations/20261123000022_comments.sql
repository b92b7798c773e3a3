-- migrate:up
-- A reference to `document` needs that table for itself, for a moment; who waits for that makes everybody else wait too.
set local lock_timeout = '4s';

-- A thread is its first comment, by whose id it goes. The anchor is two relative positions of Yjs and the text between them when the
-- thread was begun: opaque to this service. `comments` counts what is there, for the limit and for lists.
create table comment_thread (
    id uuid primary key,
    document_id uuid not null references document (id) on delete cascade,
    anchor_start text not null constraint comment_thread_start_length check (char_length(anchor_start) <= 1024),
    anchor_end text not null constraint comment_thread_end_length check (char_length(anchor_end) <= 1024),
    quote text not null constraint comment_thread_quote_length check (char_length(quote) <= 500),
    created_by uuid not null,
    created_at timestamptz not null default now(),
    resolved_at timestamptz,
    resolved_by uuid,
    comments integer not null constraint comment_thread_comments_positive check (comments > 0),
    constraint comment_thread_resolved_by_somebody check ((resolved_at is null) = (resolved_by is null))
);
create index comment_thread_of_document on comment_thread (document_id, id);

-- A first comment that is deleted while there are replies stays as an empty one.
create table comment (
    id uuid primary key,
    thread_id uuid not null references comment_thread (id) on delete cascade,
    author uuid not null,
    body text not null constraint comment_body_length check (char_length(body) <= 4000),
    mentions uuid[] not null constraint comment_mentions_bounded check (cardinality(mentions) <= 20),
    version integer not null default 1,
    created_at timestamptz not null default now(),
    edited_at timestamptz,
    deleted_at timestamptz
);
create index comment_of_thread on comment (thread_id, id);
create index comment_of_author on comment (author);

-- migrate:down
drop table comment;
drop table comment_thread;
