-- Queries about comments, read by `collab_kit.database.load_queries` into `comments.queries.Queries`. Whoever comes here has
-- shown a role in document $1.

-- name: lock_comments
-- Serialises what is counted before it is written, for one document.
select pg_advisory_xact_lock(hashtextextended('comments:' || $1::uuid::text, 0));

-- name: insert_thread
with made as (
    select uuidv7() as id where (select count(*) from comment_thread where document_id = $1) < $8
), thread as (
    insert into comment_thread (id, document_id, anchor_start, anchor_end, quote, created_by, comments)
    select id, $1, $2, $3, $4, $5, 1 from made
)
insert into comment (id, thread_id, author, body, mentions, guest_name, link_id)
select id, id, $5, $6, $7::uuid[], $9, $10::uuid from made
returning id;

-- name: lock_thread
select id from comment_thread where document_id = $1 and id = $2 for no key update;

-- name: insert_reply
-- $1 is the thread, which is locked.
with counted as (
    update comment_thread set comments = comments + 1 where id = $1 and comments < $5 returning id
)
insert into comment (id, thread_id, author, body, mentions, guest_name, link_id)
select uuidv7(), id, $2, $3, $4::uuid[], $6, $7::uuid from counted
returning id;

-- name: list_threads
-- In the order they were begun. The page after the one that ended with id $2; $3: resolved ones only, open ones only, or null.
select * from comment_thread
where document_id = $1 and id > $2 and ($3::boolean is null or (resolved_at is not null) = $3)
order by id
limit $4;

-- name: find_thread
select * from comment_thread where document_id = $1 and id = $2;

-- name: list_first_comments
-- The first $2 comments of each thread.
select comment.* from unnest($1::uuid[]) as thread (id)
cross join lateral (
    select * from comment where comment.thread_id = thread.id order by comment.id limit $2
) as comment
order by comment.thread_id, comment.id;

-- name: list_comments
select * from comment where thread_id = $1 and id > $2 order by id limit $3;

-- name: find_comment
select comment.* from comment
join comment_thread as thread on thread.id = comment.thread_id
where thread.document_id = $1 and comment.id = $2;

-- name: list_strangers
-- Those of $2 who cannot see the document.
select person from unnest($2::uuid[]) as person where document_role($1, person) is null;

-- name: list_participants
-- Who has an account.
select distinct author as person from comment where thread_id = $1 and deleted_at is null and guest_name is null;

-- name: update_comment
update comment set body = $2, mentions = $3::uuid[], version = version + 1, edited_at = now()
where id = $1
returning *;

-- name: empty_comment
update comment set body = '', mentions = '{}', version = version + 1, deleted_at = now() where id = $1;

-- name: delete_comment
with gone as (delete from comment where id = $1 returning thread_id)
update comment_thread set comments = comments - 1 from gone where id = gone.thread_id;

-- name: delete_thread
delete from comment_thread where id = $1;

-- name: delete_empty_thread
-- Whose replies are gone, and whose first comment had been deleted before them.
delete from comment_thread as thread using comment as first
where thread.id = $1 and thread.comments = 1 and first.id = thread.id and first.deleted_at is not null;

-- name: resolve_thread
update comment_thread set resolved_at = now(), resolved_by = $3, resolved_guest = $4
where document_id = $1 and id = $2 and resolved_at is null;

-- name: reopen_thread
update comment_thread set resolved_at = null, resolved_by = null, resolved_guest = null
where document_id = $1 and id = $2 and resolved_at is not null;

-- name: forget_person
-- Threads of others stay together: what the person wrote in them becomes empty.
update comment set body = '', mentions = '{}', version = version + 1, deleted_at = now()
where author = $1 and deleted_at is null;

-- name: export_person
select comment.id, comment.thread_id, thread.document_id, comment.body, comment.created_at, comment.edited_at
from comment
join comment_thread as thread on thread.id = comment.thread_id
where comment.author = $1 and comment.deleted_at is null
order by comment.id desc
limit 10000;
