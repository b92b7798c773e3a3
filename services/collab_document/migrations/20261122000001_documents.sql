-- migrate:up
create table document (
    id uuid primary key default uuidv7(),
    title text not null constraint document_title_length check (char_length(title) <= 200),
    created_at timestamptz not null default now(),
    edited_at timestamptz not null default now(),
    -- Deleted documents stay until they are purged; no query but the purge sees them.
    deleted_at timestamptz
);

create table member (
    document_id uuid not null references document (id) on delete cascade,
    user_id uuid not null,
    role text not null constraint member_role_known check (role in ('owner', 'editor', 'commenter', 'viewer')),
    added_at timestamptz not null default now(),
    primary key (document_id, user_id)
);
create index member_user on member (user_id, document_id);
create unique index member_one_owner on member (document_id) where role = 'owner';

-- migrate:down
drop table member;
drop table document;
