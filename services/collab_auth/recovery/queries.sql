-- Queries of recovery, read by `collab_kit.database.load_queries` into `recovery.store.Queries`.

-- name: queue_mail
-- By another id, since one like it may be on its way: what is asked for meanwhile is not deleted together with that.
insert into mail (kind, recipient, account_id)
values ($1, $2, $3)
on conflict (kind, recipient) do update set id = excluded.id, account_id = excluded.account_id;

-- name: claim_due_mails
-- Claiming puts the next attempt off, so that neither another replica nor a crash in between makes two of it. It is put off by
-- more than sending can take; the wait doubles up to an hour, with a quarter of jitter.
update mail
set
    attempts = attempts + 1,
    next_attempt_at = now() + greatest(
        interval '30 seconds', least(interval '1 hour', interval '5 seconds' * (1 << least(attempts, 12)))
    ) * (1 + random() / 4)
where id in (
    select id from mail
    where next_attempt_at <= now()
    order by next_attempt_at
    limit $1
    for update skip locked
)
returning id, kind, recipient, account_id, attempts;

-- name: delete_mail
delete from mail where id = $1;

-- name: note_mail_failure
update mail set last_error = left($2, 200) where id = $1;

-- name: count_mails
select count(*) as number from mail;

-- name: purge_mails
-- What could not be sent for three days helps nobody any more.
delete from mail where id in (select id from mail where created_at < now() - interval '3 days' limit 500);

-- name: find_account
select id, email, disabled_at is not null as disabled, verified_at is not null as verified from account
where email = $1;

-- name: get_account
select id, email, disabled_at is not null as disabled, verified_at is not null as verified from account
where id = $1;

-- name: store_token
insert into one_time_token (hash, account_id, purpose, email, expires_at)
values ($1, $2, $3, $4, now() + $5::interval)
on conflict (account_id, purpose) do update
set hash = excluded.hash, email = excluded.email, expires_at = excluded.expires_at;

-- name: consume_token
-- Whoever deletes it has used it: of two at once, one.
delete from one_time_token
where hash = $1 and purpose = $2 and expires_at > now()
returning account_id, email;

-- name: delete_tokens
delete from one_time_token where account_id = $1 and purpose = $2;

-- name: forget_email_changes
-- What waits to be sent, and what was sent already.
with gone as (delete from mail where account_id = $1 and kind = 'change-email')
delete from one_time_token where account_id = $1 and purpose = 'change-email';

-- name: purge_tokens
delete from one_time_token where hash in (select hash from one_time_token where expires_at < now() limit 500);

-- name: verify_email
-- Only the address that was proved, if it is still the account's.
update account set verified_at = coalesce(verified_at, now()), version = version + 1
where id = $1 and email = $2 and disabled_at is null
returning id, email;

-- name: change_email
update account set email = $2, verified_at = now(), version = version + 1
where id = $1 and disabled_at is null
returning id, email;

-- name: lock_email
select id, email from account where id = $1 for update;

-- name: lock_claim
select verified_at is null as is_first from account
where id = $1 and email = $2 and disabled_at is null
for update;

-- name: reset_password
-- Who reads the mail of an address has proved that it is theirs.
update account set
    password_hash = $3, verified_at = coalesce(verified_at, now()), version = version + 1,
    claimed_at = case when verified_at is null then now() else claimed_at end
where id = $1 and email = $2 and disabled_at is null
returning id, email;

-- name: close_other_doors
with
    gone_totp as (delete from totp where account_id = $1),
    gone_passkeys as (delete from passkey where account_id = $1),
    gone_codes as (delete from recovery_code where account_id = $1),
    gone_steps as (delete from second_factor_token where account_id = $1)
delete from api_token where account_id = $1;

-- name: change_password
-- Only if it is still the password that was proved.
update account set password_hash = $3
where id = $1 and password_hash = $2
returning id, email;

-- name: describe_account
select
    id, email, verified_at is not null as verified, is_admin, created_at, password_hash is not null as has_password
from account
where id = $1;
