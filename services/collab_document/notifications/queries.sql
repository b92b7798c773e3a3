-- Queries about notifications, read by `collab_kit.database.load_queries` into `notifications.store.Queries`.

-- name: insert_notifications
-- Nobody is told of what they did themselves, nor twice of one comment.
insert into notification (person, kind, actor, document_id, thread_id, comment_id)
select distinct person, $2, $3::uuid, $4::uuid, $5::uuid, $6::uuid
from unnest($1::uuid[]) as person
where person <> $3::uuid
on conflict do nothing;

-- name: insert_webhook_disabled
insert into notification (person, kind, webhook_id) values ($1, 'webhook-disabled', $2);

-- name: list_notifications
-- Newest first, only what the person may see now. The page after the one that ended with id $2.
select
    notification.id, notification.kind, notification.actor, notification.document_id, document.title,
    notification.thread_id, notification.comment_id, notification.webhook_id, notification.created_at,
    notification.read_at, left(comment.body, 200) as excerpt
from notification
left join document on document.id = notification.document_id
left join comment on comment.id = notification.comment_id and comment.deleted_at is null
where notification.person = $1 and notification.id < $2
    and (not $3::boolean or notification.read_at is null)
    and (notification.document_id is null or document_role(notification.document_id, $1) is not null)
    and (notification.comment_id is null or comment.id is not null)
order by notification.id desc
limit $4;

-- name: count_unread
select count(*) as unread from (
    select from notification
    left join comment on comment.id = notification.comment_id and comment.deleted_at is null
    where notification.person = $1 and notification.read_at is null
        and (notification.document_id is null or document_role(notification.document_id, $1) is not null)
        and (notification.comment_id is null or comment.id is not null)
    limit $2
) as few;

-- name: mark_read
update notification set read_at = now() where person = $1 and id = any($2::uuid[]) and read_at is null;

-- name: mark_all_read
update notification set read_at = now() where person = $1 and read_at is null;

-- name: purge_notifications
delete from notification where id in (
    select id from notification where created_at < now() - $1::interval order by created_at limit $2
    for update skip locked
);

-- name: forget_person
delete from notification where person = $1;

-- name: export_person
select id, kind, actor, document_id, thread_id, comment_id, webhook_id, created_at, read_at
from notification where person = $1
order by id desc
limit 10000;
