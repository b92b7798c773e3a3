-- Queries about notifications, read by `collab_kit.database.load_queries` into `notifications.store.Queries`.

-- name: insert_notifications
-- Nobody is told of what they did themselves, nor twice of one comment.
insert into notification (person, kind, actor, document_id, thread_id, comment_id, mail_due_at)
select distinct person, $2, $3::uuid, $4::uuid, $5::uuid, $6::uuid, now()
from unnest($1::uuid[]) as person
where person <> $3::uuid
on conflict do nothing;

-- name: insert_webhook_disabled
insert into notification (person, kind, webhook_id, mail_due_at) values ($1, 'webhook-disabled', $2, now());

-- name: list_notifications
-- Newest first, only what the person may see now. The page after the one that ended with id $2.
select
    notification.id, notification.kind, notification.actor, notification.document_id, document.title,
    notification.thread_id, notification.comment_id, notification.webhook_id, notification.created_at,
    notification.read_at, left(comment.body, 200) as excerpt,
    case when comment.author = notification.actor then comment.guest_name end as guest_name
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
update notification set read_at = now(), mail_due_at = null
where person = $1 and id = any($2::uuid[]) and read_at is null;

-- name: mark_all_read
update notification set read_at = now(), mail_due_at = null where person = $1 and read_at is null;

-- name: claim_mails
-- Of at most $2 people of whose notifications one is due for longer than $1, all that are due: at most $4. For as long as $3
-- nobody else gets them. `is_news` is false when there is no more reason to send a mail: it was read, the person may not see
-- it any more, or it is older than a day.
with chosen as (
    select person from notification
    where mail_due_at <= now() - $1::interval
    group by person
    order by min(mail_due_at)
    limit $2
),
taken as (
    select id from notification
    where person in (select person from chosen) and mail_due_at <= now()
    order by id
    limit $4
    for update skip locked
),
claimed as (
    update notification set mail_due_at = now() + $3::interval
    from taken
    where notification.id = taken.id
    returning notification.*
)
select
    claimed.id, claimed.person, claimed.kind, claimed.actor, claimed.document_id, document.title, claimed.thread_id,
    left(comment.body, 200) as excerpt,
    case when comment.author = claimed.actor then comment.guest_name end as guest_name,
    claimed.read_at is null and claimed.created_at > now() - interval '1 day'
    and (claimed.document_id is null or document_role(claimed.document_id, claimed.person) is not null)
    and (claimed.comment_id is null or comment.id is not null) as is_news
from claimed
left join document on document.id = claimed.document_id
left join comment on comment.id = claimed.comment_id and comment.deleted_at is null
order by claimed.id;

-- name: finish_mails
update notification set mail_due_at = null where id = any($1::uuid[]);

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
