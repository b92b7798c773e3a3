-- Queries about attachments, read by `collab_kit.database.load_queries` into `attachments.store.Queries`. Whoever comes here has
-- shown a role in the document.

-- name: find_owner
select user_id as person from member where document_id = $1 and role = 'owner';

-- name: lock_quota
-- Serialises what is counted before it is written, for one owner.
select pg_advisory_xact_lock(hashtextextended('attachments:' || $1::uuid::text, 0));

-- name: measure
select
    (select count(*) from attachment where document_id = $1) as files,
    (select coalesce(sum(size_bytes), 0)::bigint from attachment where document_id = $1) as document_bytes,
    (
        select coalesce(sum(size_bytes), 0)::bigint from member
        join attachment on attachment.document_id = member.document_id
        where member.user_id = $2 and member.role = 'owner'
    ) as owner_bytes;

-- name: insert_attachment
insert into attachment (document_id, uploader, name, media_type, size_bytes, sha256)
values ($1, $2, $3, $4, $5, $6)
returning *;

-- name: find_attachment
select * from attachment where document_id = $1 and id = $2;

-- name: list_attachments
-- Newest first, only complete ones. The page after the one that ended with id $2.
select * from attachment
where document_id = $1 and id < $2 and completed_at is not null
order by id desc
limit $3;

-- name: find_pictures
select * from attachment
where document_id = $1 and id = any($2::uuid[]) and completed_at is not null and starts_with(media_type, 'image/');

-- name: complete_attachment
-- Its upload is copied: what comes under that key, now or until its URL expires, is rubbish.
with done as (
    update attachment set completed_at = now()
    where id = $1 and completed_at is null
    returning id, created_at
)
insert into object_deletion (key, not_before)
select 'uploads/' || id, created_at + interval '30 minutes' from done
on conflict (key) do nothing;

-- name: delete_attachment
delete from attachment where document_id = $1 and id = $2;

-- name: delete_incomplete
delete from attachment where document_id = $1 and id = $2 and completed_at is null;

-- name: abandon_uploads
delete from attachment where id in (
    select id from attachment
    where completed_at is null and created_at < now() - $1::interval
    order by created_at
    limit $2
    for update skip locked
);

-- name: claim_deletions
-- Claiming puts the next attempt off; the wait doubles from a minute up to an hour.
update object_deletion
set attempts = attempts + 1, not_before = now() + least(interval '1 hour', interval '1 minute' * (1 << least(attempts, 6)))
where key in (
    select key from object_deletion where not_before <= now() order by not_before limit $1 for update skip locked
)
returning key;

-- name: finish_deletion
delete from object_deletion where key = $1;

-- name: count_deletions
select count(*) as waiting from object_deletion where not_before <= now();

-- name: forget_person
update attachment set uploader = null where uploader = $1;

-- name: export_person
select id, document_id, name, media_type, size_bytes, created_at from attachment
where uploader = $1 and completed_at is not null
order by id desc
limit 10000;
