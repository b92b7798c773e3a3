-- Queries of the auth service, read by `collab_kit.database.load_queries` into `queries.Queries`.

-- name: insert_account
insert into account (email, password_hash, name, verified_at)
values ($1, $2, $3, case when $4 then now() end)
returning id, email, password_hash, is_admin, disabled_at is not null as disabled, verified_at is not null as verified;

-- name: insert_account_once
insert into account (email, password_hash, name)
values ($1, $2, $3)
on conflict (email) do nothing
returning id, email, password_hash, is_admin, disabled_at is not null as disabled, verified_at is not null as verified;

-- name: contest_password
-- Not of who has verified meanwhile: that is the account's owner.
update account set password_hash = null where email = $1 and verified_at is null;

-- name: queue_mail
insert into mail (kind, recipient, account_id)
values ($1, $2, $3)
on conflict (kind, recipient) do update set account_id = excluded.account_id;

-- name: find_account
select
    id, email, password_hash, is_admin, disabled_at is not null as disabled, verified_at is not null as verified
from account
where email = $1;

-- name: get_account
select
    id, email, password_hash, is_admin, disabled_at is not null as disabled, verified_at is not null as verified
from account
where id = $1;

-- name: share_account
-- The lock keeps it from being disabled or erased before the session that begins is there to be ended.
select
    id, email, password_hash, is_admin, disabled_at is not null as disabled, verified_at is not null as verified
from account
where id = $1
for share;

-- name: promote_account
update account set is_admin = true, version = version + 1
where id = $1
returning id, email, password_hash, is_admin, disabled_at is not null as disabled, verified_at is not null as verified;

-- name: update_password_hash
-- Only if it is still the hash that was verified: a password changed meanwhile stays changed.
update account set password_hash = $3
where id = $1 and password_hash = $2;

-- name: insert_session
insert into session (account_id, expires_at, address, user_agent)
values ($1, now() + $2::interval, $3, $4)
returning id, generation;

-- name: insert_token
insert into refresh_token (hash, session_id, generation)
values ($1, $2, $3);

-- name: lock_session_of_token
-- The lock makes two uses of one token wait for each other: exactly one of them rotates.
select
    session.id,
    session.account_id,
    account.email,
    account.is_admin,
    session.generation,
    session.siblings,
    token.generation as token_generation,
    extract(epoch from clock_timestamp() - session.rotated_at)::float8 as rotated_s_ago,
    session.ended_at is not null or account.disabled_at is not null as ended,
    session.expires_at <= clock_timestamp() as expired
from refresh_token as token
join session on session.id = token.session_id
join account on account.id = session.account_id
where token.hash = $1
for update of session;

-- name: rotate_session
update session
set generation = generation + 1, siblings = 0, rotated_at = clock_timestamp(), expires_at = now() + $2::interval
where id = $1
returning id, generation;

-- name: add_sibling
update session set siblings = siblings + 1
where id = $1
returning id, generation;

-- name: end_session
update session set ended_at = now(), end_reason = $2
where id = $1 and ended_at is null;

-- name: end_session_of_token
update session set ended_at = now(), end_reason = 'signed-out'
where id = (select session_id from refresh_token where hash = $1) and ended_at is null
returning id, account_id;

-- name: purge_sessions
-- In batches: no statement here may hold many rows for long.
delete from session
where id in (
    select id from session
    where expires_at < now() - interval '1 day' or ended_at < now() - interval '30 days'
    limit 500
);

-- name: insert_outbox
-- Whatever waits is told with the account as it is when it is delivered; one that was given up is tried again.
insert into outbox (account_id, email, name, version)
select id, email, coalesce(name, left(split_part(email, '@', 1), 80)), version from account
where id = $1
on conflict (account_id) do update
set email = excluded.email, version = excluded.version, attempts = 0, next_attempt_at = now();

-- name: claim_due_profiles
-- Claiming puts the next attempt off, so that neither another replica nor a crash in between makes two of it.
-- The wait doubles from 2 s up to 10 minutes, with a quarter of jitter.
update outbox
set
    attempts = attempts + 1,
    next_attempt_at = now() + least(interval '10 minutes', interval '2 seconds' * (1 << least(attempts, 12)))
        * (1 + random() / 4)
where account_id in (
    select account_id from outbox
    where next_attempt_at <= now() and attempts < $1
    order by next_attempt_at
    limit $2
    for update skip locked
)
returning account_id, attempts;

-- name: claim_profile
update outbox
set attempts = attempts + 1, next_attempt_at = now() + interval '2 seconds'
where account_id = $1
returning account_id, attempts;

-- name: get_told
-- The account as the user service is to know it.
select
    email, coalesce(name, left(split_part(email, '@', 1), 80)) as name, version,
    is_admin, disabled_at is not null as disabled, verified_at is not null as verified, claimed_at
from account
where id = $1;

-- name: delete_delivered
-- Not what was queued anew while the older version was on its way.
delete from outbox
where account_id = $1 and version <= $2;

-- name: note_failure
update outbox set last_error = left($2, 500)
where account_id = $1;

-- name: count_waiting
select
    count(*) filter (where attempts < $1) as waiting,
    count(*) filter (where attempts >= $1) as given_up
from outbox;
