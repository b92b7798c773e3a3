-- Queries of notices, read by `collab_kit.database.load_queries` into `notices.store.Queries`.

-- name: queue_notice
-- To nobody whose address may be another's; and to nobody for whom so many wait already: one who is told of everything by a mail
-- server that has just come back is told of nothing.
insert into notice (id, account_id, subject, paragraphs, link, link_text)
select $1, account.id, $3, $4::text[], $5, $6
from account
where account.id = $2 and account.disabled_at is null and account.verified_at is not null
    and (select count(*) from notice where notice.account_id = $2) < 20
on conflict (id) do nothing;

-- name: claim_due_notices
-- As mails are claimed: see `recovery`.
update notice
set
    attempts = attempts + 1,
    next_attempt_at = now() + greatest(
        interval '30 seconds', least(interval '1 hour', interval '5 seconds' * (1 << least(attempts, 12)))
    ) * (1 + random() / 4)
from account
where account.id = notice.account_id and notice.id in (
    select id from notice
    where next_attempt_at <= now()
    order by next_attempt_at
    limit $1
    for update skip locked
)
returning
    notice.id, notice.subject, notice.paragraphs, notice.link, notice.link_text,
    case when account.disabled_at is null and account.verified_at is not null then account.email end as recipient;

-- name: delete_notice
delete from notice where id = $1;

-- name: note_notice_failure
update notice set last_error = left($2, 200) where id = $1;

-- name: count_notices
select count(*) as number from notice;

-- name: purge_notices
-- After a day it is no news.
delete from notice where id in (select id from notice where created_at < now() - interval '1 day' limit 500);
