-- Queries of administration, read by `collab_kit.database.load_queries` into `administration.store.Queries`.

-- name: lock_administrators
-- Who takes rights from an administrator holds this: of two who do so at once, the later one sees what the earlier one left.
select id from account
where is_admin and disabled_at is null
order by id
for update;

-- name: lock_account
select
    id, email, is_admin, disabled_at is not null as disabled, verified_at is not null as verified, version
from account
where id = $1
for update;

-- name: find_account
select
    id, email, is_admin, disabled_at is not null as disabled, verified_at is not null as verified, version
from account
where email = $1;

-- name: change_account
update account
set
    is_admin = $2,
    disabled_at = case when $3 then coalesce(disabled_at, now()) end,
    version = version + 1
where id = $1
returning
    id, email, is_admin, disabled_at is not null as disabled, verified_at is not null as verified, version;

-- name: delete_account
delete from account where id = $1;

-- name: export_account
select
    id, email, name, is_admin, created_at, verified_at, disabled_at, password_hash is not null as has_password,
    exists (select 1 from totp where account_id = account.id and confirmed_at is not null) as totp
from account
where id = $1;

-- name: export_sessions
select id, created_at, rotated_at as last_used_at, ended_at, end_reason, address, user_agent from session
where account_id = $1
order by id desc
limit $2;

-- name: export_audit
select event, actor, address, user_agent, at, detail::text as detail from audit
where account = $1
order by id desc
limit $2;

-- name: export_passkeys
select id, name, created_at, last_used_at from passkey
where account_id = $1
order by id
limit $2;

-- name: export_api_tokens
select id, name, scopes, created_at, expires_at, last_used_at from api_token
where account_id = $1
order by id
limit $2;

-- name: export_identities
select issuer, subject, created_at, last_used_at from identity
where account_id = $1
order by created_at, issuer
limit $2;
