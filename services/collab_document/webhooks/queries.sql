-- Queries about webhooks, read by `collab_kit.database.load_queries` into `webhooks.queries.Queries`.

-- name: lock_person
-- Serialises what is counted before it is written, for one person.
select pg_advisory_xact_lock(hashtextextended('webhooks:' || $1::uuid::text, 0));

-- name: insert_webhook
insert into webhook (id, person, url, events, reach, secret)
select $1, $2, $3, $4, $5, $6
where (select count(*) from webhook where person = $2) < $7
returning *;

-- name: list_webhooks
select * from webhook where person = $1 order by id limit $2;

-- name: find_webhook
select * from webhook where person = $1 and id = $2;

-- name: lock_webhook
select * from webhook where person = $1 and id = $2 for no key update;

-- name: update_webhook
-- Enabled again, it begins anew: what it failed at before does not count.
update webhook set
    url = $2, events = $3, reach = $4, version = version + 1, confirmed_at = now(),
    disabled_at = case when $5 then null else coalesce(disabled_at, now()) end,
    disable_reason = case when $5 then null else coalesce(disable_reason, 'by-owner') end,
    failing_since = case when $5 and disabled_at is not null then null else failing_since end
where id = $1
returning *;

-- name: delete_webhook
delete from webhook where person = $1 and id = $2;

-- name: rotate_secret
update webhook set
    old_secret = secret, old_secret_until = now() + $4::interval, secret = $3, version = version + 1,
    confirmed_at = now()
where person = $1 and id = $2
returning *;

-- name: give_up_waiting
update webhook_delivery set state = 'failed', error = 'The webhook was disabled.'
where webhook_id = $1 and state = 'pending';

-- name: find_listeners
-- Webhooks to be told of an event of document $1, as the roles are now and also when it is in the trash. A webhook that already
-- has $3 messages waiting gets no more.
select hook.id
from (select user_id, min(strength) as strength from access where document_id = $1 group by user_id) as seat
join webhook as hook on hook.person = seat.user_id
where hook.disabled_at is null and $2 = any(hook.events)
    and (seat.strength = 1 or (hook.reach = 'editable' and seat.strength = 2))
    and (
        select count(*) from (
            select from webhook_delivery as waiting
            where waiting.webhook_id = hook.id and waiting.state = 'pending'
            limit $3
        ) as few
    ) < $3;

-- name: find_title
select title from document where id = $1;

-- name: insert_deliveries
-- Of those webhooks that still are there, which then stay so until the end of the transaction.
insert into webhook_delivery (webhook_id, message_id, event, body)
select id, $2, $3, $4 from webhook where id = any($1::uuid[]) for key share;

-- name: insert_test
insert into webhook_delivery (webhook_id, message_id, event, body)
select $1, $2, $3, $4
where (
    select count(*) from (
        select from webhook_delivery where webhook_id = $1 and state = 'pending' limit $5
    ) as few
) < $5
returning *;

-- name: list_deliveries
-- Newest first. The page after the one that ended with id $2.
select * from webhook_delivery
where webhook_id = $1 and id < $2
order by id desc
limit $3;

-- name: find_delivery
select * from webhook_delivery where webhook_id = $1 and id = $2;

-- name: redeliver
update webhook_delivery
set state = 'pending', attempts = 0, next_attempt_at = now(), error = null
where webhook_id = $1 and id = $2 and state <> 'pending'
returning *;

-- name: claim_deliveries
-- Claiming puts the next attempt off ($3), so that neither another replica nor a crash in between makes two of it at once. Of
-- one webhook a few at a time ($2), each first one before any second: neither a long queue nor a slow answer of one holds up the
-- others. `busy` steps through the index from one webhook with something waiting to the next.
with recursive busy as (
    (select webhook_id from webhook_delivery where state = 'pending' order by webhook_id limit 1)
    union all
    select (
        select next.webhook_id from webhook_delivery as next
        where next.state = 'pending' and next.webhook_id > busy.webhook_id
        order by next.webhook_id
        limit 1
    )
    from busy where busy.webhook_id is not null
), fair as (
    select due.id, due.next_attempt_at, due.turn
    from busy
    cross join lateral (
        select id, next_attempt_at, row_number() over (order by next_attempt_at) as turn
        from (
            select id, next_attempt_at from webhook_delivery
            where webhook_id = busy.webhook_id and state = 'pending' and next_attempt_at <= now()
            order by next_attempt_at
            limit $2
        ) as first
    ) as due
), chosen as (
    select delivery.id
    from fair
    join webhook_delivery as delivery on delivery.id = fair.id
    where delivery.state = 'pending' and delivery.next_attempt_at <= now()
    order by fair.turn, fair.next_attempt_at
    limit $1
    for update of delivery skip locked
)
update webhook_delivery as delivery
set attempts = delivery.attempts + 1, next_attempt_at = now() + $3::interval
from chosen, webhook as hook
where delivery.id = chosen.id and hook.id = delivery.webhook_id
returning
    delivery.id, delivery.webhook_id, delivery.message_id, delivery.body, delivery.attempts, hook.person, hook.confirmed_at,
    hook.url, hook.secret,
    case when hook.old_secret_until > now() then hook.old_secret end as old_secret;

-- name: put_back
-- Claimed ($1, with the attempts in $2), and not attempted: it waits for $3, which counts as nothing.
update webhook_delivery as delivery
set attempts = delivery.attempts - 1, next_attempt_at = now() + $3::interval, error = coalesce($4, delivery.error)
from unnest($1::uuid [], $2::integer []) as claimed (id, attempts)
where delivery.id = claimed.id and delivery.attempts = claimed.attempts and delivery.state = 'pending';

-- name: note_success
-- $2: the attempt that this is the outcome of; a later one has the last word.
update webhook_delivery set
    state = 'delivered', last_attempt_at = now(), status = $3, latency_ms = $4, error = null, response_excerpt = $5
where id = $1 and attempts = $2 and state = 'pending';

-- name: note_working
update webhook set failing_since = null where id = $1 and failing_since is not null;

-- name: note_failure
-- $7: how long until the next attempt; null for no more.
update webhook_delivery set
    state = case when $7::interval is null then 'failed' else 'pending' end,
    next_attempt_at = now() + coalesce($7::interval, interval '0'),
    last_attempt_at = now(), status = $3, latency_ms = $4, error = $5, response_excerpt = $6
where id = $1 and attempts = $2 and state = 'pending';

-- name: note_failing
update webhook set failing_since = now() where id = $1 and failing_since is null;

-- name: disable
-- $2: why. For `failing` only when it has failed for $3 without one success in between.
update webhook set disabled_at = now(), disable_reason = $2, version = version + 1
where id = $1 and disabled_at is null and ($2 <> 'failing' or failing_since < now() - $3::interval)
returning *;

-- name: note_edit
-- Due once it has been left alone for $3, or edited for ten times as long. Nothing is written where nobody listens.
insert into webhook_edit (document_id, person, due_at)
select document.id, $2, now() + $3::interval
from document
where document.id = $1 and document.trashed_at is null and document.deleted_at is null and exists (
    select from access
    join webhook as hook on hook.person = access.user_id
    where access.document_id = $1 and access.strength <= 2 and hook.disabled_at is null
        and 'document.edited' = any(hook.events)
)
on conflict (document_id) do update set
    person = excluded.person,
    due_at = greatest(webhook_edit.due_at, least(webhook_edit.first_at + 10 * $3::interval, excluded.due_at));

-- name: claim_edits
delete from webhook_edit where document_id in (
    select document_id from webhook_edit where due_at <= now() order by due_at limit $1 for update skip locked
)
returning document_id, person;

-- name: purge_deliveries
delete from webhook_delivery where id in (
    select id from webhook_delivery
    where created_at < now() - $1::interval and state <> 'pending'
    order by created_at
    limit $2
    for update skip locked
);

-- name: count_deliveries
-- Up to a bound: it is asked every second.
select count(*) filter (where next_attempt_at <= now()) as due, count(*) as waiting
from (select next_attempt_at from webhook_delivery where state = 'pending' limit 10000) as few;

-- name: forget_person
delete from webhook where person = $1;

-- name: forget_edits
delete from webhook_edit where person = $1;

-- name: export_person
select id, url, events, reach, created_at, disabled_at from webhook where person = $1 order by id limit 1000;
