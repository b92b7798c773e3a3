-- Queries for erasure, read by `collab_kit.database.load_queries` into `store.Queries`.

-- name: ask
insert into erasure (person, asked_by)
select id, $2::uuid from profile where id = $1::uuid
on conflict (person) do nothing;

-- name: find_erasure
select
    asked_by, account_ended_at is not null as account_ended, documents_removed_at is not null as documents_removed
from erasure
where person = $1 and done_at is null;

-- name: note_account_ended
update erasure set account_ended_at = now()
where person = $1 and account_ended_at is null;

-- name: note_documents_removed
update erasure set documents_removed_at = now()
where person = $1 and documents_removed_at is null;

-- name: withdraw
with withdrawn as (
    delete from erasure
    where person = $1::uuid and account_ended_at is null
    returning person
)
delete from outbox
where kind = 'erasure' and subject in (select person::text from withdrawn);

-- name: find_avatar_key
select avatar_key as key from profile
where id = $1;

-- name: delete_profile
delete from profile
where id = $1;

-- name: note_done
with done as (
    update erasure set done_at = now()
    where person = $1::uuid and done_at is null
    returning person
)
delete from outbox
where kind = 'erasure' and subject in (select person::text from done);
