-- Queries of the document service, read by `collab_kit.database.load_queries` into `queries.Queries`.
-- Every one that acts for a person asks for that person's role: there is no other way to a document.

-- name: find_role
select document_role($1, $2) as role where document_role($1, $2) is not null;

-- name: find_visitor_role
-- What link $2 gives to who came in by it while it had the key $3.
select link.role
from link
join document on document.id = link.document_id and document.trashed_at is null and document.deleted_at is null
where link.document_id = $1 and link.id = $2 and coalesce(link.pass_key, link.id) = $3
    and (link.expires_at is null or link.expires_at > now());

-- name: describe_documents
-- As person $1 sees those of $2 that they have a role in, in that order; the trash included.
select
    document.id, document.title, document.version, role_of(mine.strength) as role, owner.user_id as owner_id,
    document.created_at, document.edited_at, document.trashed_at,
    (select count(*) from member where member.document_id = document.id) as member_count,
    (select count(*) from document_team where document_team.document_id = document.id) as team_count,
    personal.favourite_at is not null as favourite, personal.opened_at, personal.folder_id
from unnest($2::uuid[]) with ordinality as wanted (id, place)
join document on document.id = wanted.id and document.deleted_at is null
cross join lateral (
    select min(access.strength) as strength from access where access.document_id = document.id and access.user_id = $1
) as mine
join member as owner on owner.document_id = document.id and owner.role = 'owner'
left join personal on personal.user_id = $1 and personal.document_id = document.id
where mine.strength is not null
order by wanted.place;

-- name: count_seen
-- No further than it matters: $2; what a person sees in several ways counts several times.
select count(*) as number
from (select from access where user_id = $1 limit $2) as seen;

-- name: list_all
-- Here and below, keyset: the page after the document with time $2 and id $3. One look-up for each that the person sees: without
-- the offset all documents may be read instead.
select live.id, live.at
from (select distinct document_id from access where user_id = $1) as mine
cross join lateral (
    select document.id, document.edited_at as at
    from document
    where document.id = mine.document_id and document.trashed_at is null and document.deleted_at is null
    offset 0
) as live
where (live.at, live.id) < ($2, $3)
order by live.at desc, live.id desc
limit $4;

-- name: list_all_near
-- Here and below: what there is of that page among the next $5 documents of everybody, with one look-up for each.
select newest.id, newest.edited_at as at
from (
    select id, edited_at
    from document
    where trashed_at is null and deleted_at is null and (edited_at, id) < ($2, $3)
    order by edited_at desc, id desc
    limit $5
) as newest
cross join lateral (select from access where document_id = newest.id and user_id = $1 limit 1) as mine
order by newest.edited_at desc, newest.id desc
limit $4;

-- name: list_mine
select live.id, live.at
from (select document_id from member where user_id = $1 and role = 'owner') as mine
cross join lateral (
    select document.id, document.edited_at as at
    from document
    where document.id = mine.document_id and document.trashed_at is null and document.deleted_at is null
    offset 0
) as live
where (live.at, live.id) < ($2, $3)
order by live.at desc, live.id desc
limit $4;

-- name: list_mine_near
select newest.id, newest.edited_at as at
from (
    select id, edited_at
    from document
    where trashed_at is null and deleted_at is null and (edited_at, id) < ($2, $3)
    order by edited_at desc, id desc
    limit $5
) as newest
cross join lateral (select from member where document_id = newest.id and user_id = $1 and role = 'owner' limit 1) as mine
order by newest.edited_at desc, newest.id desc
limit $4;

-- name: list_shared
select live.id, live.at
from (select document_id from access where user_id = $1 group by document_id having min(strength) > 1) as mine
cross join lateral (
    select document.id, document.edited_at as at
    from document
    where document.id = mine.document_id and document.trashed_at is null and document.deleted_at is null
    offset 0
) as live
where (live.at, live.id) < ($2, $3)
order by live.at desc, live.id desc
limit $4;

-- name: list_shared_near
select newest.id, newest.edited_at as at
from (
    select id, edited_at
    from document
    where trashed_at is null and deleted_at is null and (edited_at, id) < ($2, $3)
    order by edited_at desc, id desc
    limit $5
) as newest
cross join lateral (select from access where document_id = newest.id and user_id = $1 having min(strength) > 1) as mine
order by newest.edited_at desc, newest.id desc
limit $4;

-- name: list_favourites
-- Here and below: one look-up of the role for each document, by the limit. All that the person sees is not read for a page.
select document.id, personal.favourite_at as at
from personal
join document on document.id = personal.document_id and document.trashed_at is null and document.deleted_at is null
cross join lateral (
    select from access where access.document_id = personal.document_id and access.user_id = $1 limit 1
) as mine
where personal.user_id = $1 and personal.favourite_at is not null and (personal.favourite_at, personal.document_id) < ($2, $3)
order by personal.favourite_at desc, personal.document_id desc
limit $4;

-- name: list_recent
select document.id, personal.opened_at as at
from personal
join document on document.id = personal.document_id and document.trashed_at is null and document.deleted_at is null
cross join lateral (
    select from access where access.document_id = personal.document_id and access.user_id = $1 limit 1
) as mine
where personal.user_id = $1 and personal.opened_at is not null and (personal.opened_at, personal.document_id) < ($2, $3)
order by personal.opened_at desc, personal.document_id desc
limit $4;

-- name: list_trash
-- The owner's: nobody else can do anything with what is in it.
select document.id, document.trashed_at as at
from member as mine
join document on document.id = mine.document_id and document.trashed_at is not null and document.deleted_at is null
where mine.user_id = $1 and mine.role = 'owner' and (document.trashed_at, document.id) < ($2, $3)
order by document.trashed_at desc, document.id desc
limit $4;

-- name: list_folder
select placed.id, placed.at
from (
    select document.id, document.edited_at as at
    from personal
    join document on document.id = personal.document_id and document.trashed_at is null and document.deleted_at is null
    where personal.folder_id = $5 and personal.user_id = $1 and (document.edited_at, document.id) < ($2, $3)
    order by document.edited_at desc, document.id desc
    offset 0
) as placed
cross join lateral (select from access where access.document_id = placed.id and access.user_id = $1 limit 1) as mine
order by placed.at desc, placed.id desc
limit $4;

-- name: lock_person
-- Makes what one person does at once wait for each other, where something of theirs is counted or forms a tree.
select pg_advisory_xact_lock(hashtextextended('collab_document person ' || $1::uuid::text, 0));

-- name: count_owned
-- No further than it matters: $2.
select count(*) as number
from (select from member where user_id = $1 and role = 'owner' limit $2) as owned;

-- name: insert_document
with created as (
    insert into document (title) values ($2)
    returning id, title
), owner as (
    insert into member (document_id, user_id, role)
    select id, $1, 'owner' from created
), found_by as (
    insert into document_text (document_id, title)
    select id, title from created
)
select id from created;

-- name: lock_document
-- Whatever changes who may do what takes this lock first, so that it is judged by roles that hold until it is done.
select id, title, version, trashed_at is not null as trashed
from document
where id = $1 and deleted_at is null
for no key update;

-- name: find_owner
select user_id as id from member where document_id = $1 and role = 'owner';

-- name: rename_document
update document set title = $2, edited_at = now(), version = version + 1 where id = $1;

-- name: retitle_text
insert into document_text (document_id, title) values ($1, $2)
on conflict (document_id) do update set title = excluded.title;

-- name: trash_document
update document set trashed_at = now(), version = version + 1 where id = $1;

-- name: restore_document
update document set trashed_at = null, version = version + 1 where id = $1;

-- name: note_edit
-- Every replica hears of the edit; the comparison makes one write of them. A clock ahead of ours does not count.
update document set edited_at = least($2, now())
where id = $1 and deleted_at is null and edited_at < least($2, now());

-- name: note_opened
-- Not more than once in ten seconds: tickets are fetched often, and replicas of a client all at once.
insert into personal (user_id, document_id, opened_at)
select $1, $2, now()
where document_role($2, $1) is not null
on conflict (user_id, document_id) do update set opened_at = excluded.opened_at
where personal.opened_at is null or personal.opened_at < now() - interval '10 seconds';

-- name: find_to_purge
select id
from document
where (deleted_at is not null or trashed_at is not null) and coalesce(deleted_at, trashed_at) < now() - $1::interval
order by coalesce(deleted_at, trashed_at)
limit $2;

-- name: lock_to_purge
-- It may have come back meanwhile, or another replica may be at it.
select id
from document
where id = $1 and (deleted_at is not null or trashed_at is not null)
    and coalesce(deleted_at, trashed_at) < now() - $2::interval
for update skip locked;

-- name: delete_document
delete from document where id = $1;

-- name: begin_request
-- A concurrent one with the same key waits here for the first to be done. One of more than a day ago is forgotten.
insert into idempotency (user_id, key, request) values ($1, $2, $3)
on conflict (user_id, key) do update set request = excluded.request, made = null, created_at = now()
where idempotency.created_at < now() - interval '24 hours';

-- name: find_request
select request, made from idempotency where user_id = $1 and key = $2;

-- name: finish_request
update idempotency set made = $3 where user_id = $1 and key = $2;

-- name: purge_requests
delete from idempotency
where (user_id, key) in (select user_id, key from idempotency where created_at < now() - interval '24 hours' limit 1000);

-- name: enqueue_call
insert into outbox (peer, key, method, path, body)
values ($1, $2, $3, $4, $5)
on conflict (peer, key) do update set
    method = excluded.method, path = excluded.path, body = excluded.body, generation = outbox.generation + 1,
    attempts = 0, next_attempt_at = now(), last_error = null;

-- name: claim_calls
-- Claiming puts the next attempt off, so that another replica does not make the same call meanwhile; where a service takes longer
-- to answer than that it is made twice, as after a crash: calls are made at least once. The wait doubles from 2 s up to 10 minutes,
-- with a quarter of jitter.
update outbox
set
    attempts = attempts + 1,
    next_attempt_at = now() + least(interval '10 minutes', interval '2 seconds' * (1 << least(attempts, 12)))
        * (1 + random() / 4)
where id in (
    select id from outbox
    where next_attempt_at <= now() and attempts < $1 and peer = any($3::text[])
    order by next_attempt_at
    limit $2
    for update skip locked
)
returning id, peer, method, path, body, generation, attempts;

-- name: delete_call
delete from outbox where id = $1 and generation = $2;

-- name: note_call_failure
update outbox set last_error = left($2, 500) where id = $1;

-- name: count_calls
select
    count(*) filter (where attempts < $1) as waiting,
    count(*) filter (where attempts >= $1) as given_up
from outbox;
