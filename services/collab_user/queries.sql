-- Queries of the user service, read by `collab_kit.database.load_queries` into `queries.Queries`.

-- name: lock_person
-- Taken before what makes, joins or ends: those of one person wait for each other, and see what the one before did.
select pg_advisory_xact_lock(hashtextextended('person ' || $1::uuid::text, 0));

-- name: upsert_profile
-- The auth service may deliver the same account again, late: by then the person may have chosen another name, or be erased.
insert into profile (id, email, name, color, is_admin, disabled, verified, account_version, claimed_at)
select
    $1::uuid, $2::text, $3::text, $4::text,
    coalesce($5::boolean, false), coalesce($6::boolean, false), coalesce($7::boolean, false), coalesce($8::bigint, 0),
    $9::timestamptz
where not exists (select from erasure where person = $1 and done_at is not null)
on conflict (id) do update set
    email = excluded.email,
    is_admin = coalesce($5::boolean, profile.is_admin),
    disabled = coalesce($6::boolean, profile.disabled),
    verified = coalesce($7::boolean, profile.verified),
    account_version = coalesce($8::bigint, profile.account_version),
    claimed_at = coalesce($9::timestamptz, profile.claimed_at),
    version = profile.version + 1,
    updated_at = now()
where coalesce($8::bigint, 0) >= profile.account_version
    and (profile.email, profile.is_admin, profile.disabled, profile.verified, profile.account_version)
        is distinct from (
            excluded.email, coalesce($5::boolean, profile.is_admin), coalesce($6::boolean, profile.disabled),
            coalesce($7::boolean, profile.verified), coalesce($8::bigint, profile.account_version)
        );

-- name: find_profile
select id, email, name, color, avatar_hash, version
from profile
where id = $1;

-- name: find_profiles_by_id
select
    profile.id, profile.email, profile.name, profile.color, profile.avatar_hash, profile.version, profile.disabled,
    profile.claimed_at, coalesce(preferences.email_notifications, 'mentions') as email_notifications, preferences.language
from profile
left join preferences on preferences.person = profile.id
where profile.id = any($1::uuid[]);

-- name: find_profile_by_email
-- Asked to share with: nobody shares with whom is not there any more.
select
    profile.id, profile.email, profile.name, profile.color, profile.avatar_hash, profile.version, profile.disabled,
    profile.claimed_at, coalesce(preferences.email_notifications, 'mentions') as email_notifications, preferences.language
from profile
left join preferences on preferences.person = profile.id
where profile.email = $1 and not profile.disabled
    and not exists (select from erasure where erasure.person = profile.id);

-- name: update_profile
update profile
set name = coalesce($2, name), color = coalesce($3, color), version = version + 1, updated_at = now()
where id = $1 and ($4::bigint[] is null or version = any($4))
returning id, email, name, color, avatar_hash, version;

-- name: note_seen
-- To the hour: when somebody was last here is to show who has left, not who works when.
update profile set last_seen_at = date_trunc('hour', now())
where id = $1 and last_seen_at is distinct from date_trunc('hour', now());

-- name: enqueue
insert into outbox (kind, subject, version, next_attempt_at)
values ($1, $2, $3, now() + $4::interval)
on conflict (kind, subject) do update set
    version = greatest(outbox.version, excluded.version),
    attempts = 0,
    next_attempt_at = excluded.next_attempt_at,
    last_error = null;

-- name: claim_due
-- Claiming puts the next attempt off, so that neither another replica nor a crash in between makes two of it.
-- The wait doubles from 5 s up to 10 minutes, with a quarter of jitter.
update outbox
set
    attempts = attempts + 1,
    next_attempt_at = now() + least(interval '10 minutes', interval '5 seconds' * (1 << least(attempts, 12)))
        * (1 + random() / 4)
where (kind, subject) in (
    select kind, subject from outbox
    where next_attempt_at <= now() and attempts < $1 and kind = any($2::text[])
    order by next_attempt_at
    limit $3
    for update skip locked
)
returning kind, subject, version, attempts;

-- name: claim_one
update outbox
set attempts = attempts + 1, next_attempt_at = now() + interval '5 seconds'
where kind = $1 and subject = $2
returning kind, subject, version, attempts;

-- name: delete_delivered
-- What has changed since it was claimed stays, to be told again.
delete from outbox
where kind = $1 and subject = $2 and version = $3;

-- name: note_failure
update outbox set last_error = left($4, 500)
where kind = $1 and subject = $2 and version = $3;

-- name: count_waiting
select
    count(*) filter (where attempts < $1) as waiting,
    count(*) filter (where attempts >= $1) as given_up
from outbox;
