-- Queries about second factors, read by `collab_kit.database.load_queries` into `factors.store.Queries`.

-- name: lock_account
-- Who changes the set of an account's factors waits here for who else does.
select id from account where id = $1 for no key update;

-- name: lock_by_email
select id from account where email = $1 for no key update;

-- name: delete_all
with
    gone_totp as (delete from totp where account_id = $1),
    gone_passkeys as (delete from passkey where account_id = $1),
    gone_codes as (delete from recovery_code where account_id = $1),
    gone_attempts as (delete from factor_attempts where account_id = $1)
delete from second_factor_token where account_id = $1;

-- name: find_owner
select email, password_hash from account where id = $1 and disabled_at is null;

-- name: session_age
select extract(epoch from clock_timestamp() - created_at)::float8 as age_s from session
where id = $1 and account_id = $2 and ended_at is null;

-- name: summary
select
    exists (select from totp where account_id = $1 and confirmed_at is not null) as totp,
    (select count(*) from passkey where account_id = $1) as passkeys,
    (select count(*) from recovery_code where account_id = $1 and used_at is null) as recovery_codes;

-- name: begin_attempt
-- Counted before it is judged, so that many at once cannot slip through together.
insert into factor_attempts as counted (account_id, attempts, window_ends_at)
values ($1, 1, now() + $2::interval)
on conflict (account_id) do update set
    attempts = case when counted.window_ends_at <= now() then 1 else counted.attempts + 1 end,
    window_ends_at = case
        when counted.window_ends_at <= now() then excluded.window_ends_at else counted.window_ends_at
    end
returning attempts, ceil(extract(epoch from window_ends_at - now()))::integer as remaining_s;

-- name: forget_attempts
delete from factor_attempts where account_id = $1;

-- name: put_pending_totp
-- Not over one that is confirmed.
insert into totp (account_id, sealed_secret)
values ($1, $2)
on conflict (account_id) do update set sealed_secret = excluded.sealed_secret, created_at = now(), last_step = 0
where totp.confirmed_at is null;

-- name: find_pending_totp
select sealed_secret from totp
where account_id = $1 and confirmed_at is null and created_at > now() - $2::interval;

-- name: confirm_totp
-- Only the secret that the code was of: another request may have begun anew.
update totp set confirmed_at = now(), last_step = $3
where account_id = $1 and sealed_secret = $2 and confirmed_at is null;

-- name: find_totp
select sealed_secret from totp where account_id = $1 and confirmed_at is not null;

-- name: spend_step
-- Of two uses of one code the second finds that its step has passed.
update totp set last_step = $3
where account_id = $1 and sealed_secret = $2 and confirmed_at is not null and last_step < $3;

-- name: delete_totp
delete from totp where account_id = $1 and confirmed_at is not null;

-- name: delete_recovery_codes
delete from recovery_code where account_id = $1;

-- name: insert_recovery_codes
insert into recovery_code (account_id, hash) select $1, unnest($2::bytea []);

-- name: spend_recovery_code
update recovery_code set used_at = now()
where account_id = $1 and hash = $2 and used_at is null;

-- name: insert_token
-- For who has a factor only; the answer says which. The digest ties the token to the password as it is now.
with factor as (
    select
        exists (select from totp where account_id = $1 and confirmed_at is not null) as totp,
        exists (select from passkey where account_id = $1) as passkey,
        exists (select from recovery_code where account_id = $1 and used_at is null) as recovery_code
),
made as (
    insert into second_factor_token (hash, account_id, password_digest, expires_at)
    select $2, account.id, sha256(convert_to(coalesce(account.password_hash, ''), 'UTF8')), now() + $3::interval
    from account, factor
    where account.id = $1 and (factor.totp or factor.passkey)
    returning account_id
)
select factor.totp, factor.passkey, factor.recovery_code from factor, made;

-- name: try_token
-- $2: how often one token may be tried. Zero rows: it is over, for whichever reason.
update second_factor_token as token set attempts = attempts + 1
from account
where token.hash = $1 and token.expires_at > now() and token.attempts < $2
    and account.id = token.account_id and account.disabled_at is null
    and token.password_digest = sha256(convert_to(coalesce(account.password_hash, ''), 'UTF8'))
returning token.account_id, account.email;

-- name: spend_token
-- In the transaction that begins the session: there is one session for one token. The lock on the account's row keeps out
-- a change of the password, or a disabling, that began after this was asked.
with owner as (
    select account.id, account.email
    from account
    join second_factor_token as token on token.account_id = account.id
    where token.hash = $1 and token.expires_at > now() and account.disabled_at is null
        and token.password_digest = sha256(convert_to(coalesce(account.password_hash, ''), 'UTF8'))
    for share of account
)
delete from second_factor_token as token using owner
where token.hash = $1 and token.account_id = owner.id
returning owner.id as account_id, owner.email;

-- name: list_passkeys
select id, credential_id, name, transports, backed_up, created_at, last_used_at from passkey
where account_id = $1
order by id desc
limit $2;

-- name: insert_passkey
-- $8: how many an account may have; the account is locked.
insert into passkey (account_id, credential_id, public_key, sign_count, transports, backed_up, name)
select $1, $2, $3, $4, $5, $6, $7
where (select count(*) from passkey where account_id = $1) < $8
returning id, credential_id, name, transports, backed_up, created_at, last_used_at;

-- name: rename_passkey
update passkey set name = $3
where account_id = $1 and id = $2
returning id, credential_id, name, transports, backed_up, created_at, last_used_at;

-- name: delete_passkey
delete from passkey where account_id = $1 and id = $2;

-- name: find_passkey
select
    passkey.id, passkey.account_id, passkey.public_key, passkey.sign_count, account.email
from passkey
join account on account.id = passkey.account_id
where passkey.credential_id = $1 and account.disabled_at is null;

-- name: note_passkey_use
-- The count only goes up, but for authenticators that do not count at all: of two uses of one signature the second is refused.
update passkey set sign_count = $2, last_used_at = now(), backed_up = $3
where id = $1 and (sign_count < $2 or (sign_count = 0 and $2 = 0));

-- name: insert_challenge
insert into passkey_challenge (state_hash, challenge, purpose, account_id, second_factor_hash, expires_at)
values ($1, $2, $3, $4, $5, now() + $6::interval);

-- name: take_challenge
-- Once, whatever comes of it.
delete from passkey_challenge
where state_hash = $1 and purpose = any($2::text [])
returning challenge, purpose, account_id, second_factor_hash, expires_at > now() as is_valid;

-- name: purge_tokens
delete from second_factor_token
where hash in (select hash from second_factor_token where expires_at < now() limit 1000);

-- name: purge_challenges
delete from passkey_challenge
where state_hash in (select state_hash from passkey_challenge where expires_at < now() limit 1000);
