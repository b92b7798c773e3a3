-- migrate:up
-- A reference to `document` needs that table for itself, for a moment; who waits for that makes everybody else wait too.
set local lock_timeout = '4s';

-- A file beside a document. Until it is completed it is a promise, whose size counts all the same.
create table attachment (
    id uuid primary key default uuidv7(),
    document_id uuid not null references document (id) on delete cascade,
    uploader uuid,
    name text not null constraint attachment_name_length check (char_length(name) between 1 and 200),
    media_type text not null constraint attachment_media_type_length check (char_length(media_type) <= 100),
    size_bytes bigint not null constraint attachment_size_positive check (size_bytes > 0),
    sha256 bytea constraint attachment_sha256_length check (octet_length(sha256) = 32),
    created_at timestamptz not null default now(),
    completed_at timestamptz
);
create index attachment_of_document on attachment (document_id, id);
create index attachment_of_uploader on attachment (uploader);
create index attachment_incomplete on attachment (created_at) where completed_at is null;

-- Objects that nothing refers to any more. Not before a moment at which nobody can be making them any more: an upload may begin
-- for as long as its URL is valid, a copy may be on its way.
create table object_deletion (
    key text primary key,
    not_before timestamptz not null,
    attempts integer not null default 0
);
create index object_deletion_due on object_deletion (not_before);

-- However a row goes, with its document or by itself, its objects go too: no statement can forget them.
create function forget_objects() returns trigger
language plpgsql as $$
begin
    insert into object_deletion (key, not_before) values
        ('uploads/' || old.id, greatest(now(), old.created_at + interval '30 minutes')),
        ('attachments/' || old.document_id || '/' || old.id, now() + interval '1 minute')
    on conflict (key) do update set not_before = greatest(object_deletion.not_before, excluded.not_before);
    return null;
end
$$;
create trigger attachment_forgets_objects after delete on attachment
for each row execute function forget_objects();

-- migrate:down
drop table attachment;
drop function forget_objects;
drop table object_deletion;
