-- migrate:up

-- Adding columns needs the tables for themselves, for a moment. Who waits for that (behind a dump, say) makes everybody else
-- wait too; so it does not wait long, and fails, to be run again.
set local lock_timeout = '4s';

-- `password_hash` is null for who signs in elsewhere (OIDC). `version` counts the changes that the user service is told of.
-- `name` is what the person gave at registration; null in accounts made before it was kept.
alter table account
    alter column password_hash drop not null,
    add column name text,
    add column is_admin boolean not null default false,
    add column disabled_at timestamptz,
    add column verified_at timestamptz,
    add column version bigint not null default 1,
    -- Not valid: no row has a name yet, and none need be read to prove it.
    add constraint account_name_length check (char_length(name) between 1 and 80) not valid;

alter table session
    add column address text,
    add column user_agent text,
    drop constraint session_end_reason_known,
    -- Not valid: rows that are there fulfilled the narrower one, and need not be read to prove it.
    add constraint session_end_reason_known check (
        end_reason in ('signed-out', 'token-reused', 'revoked', 'password-changed', 'password-reset', 'disabled')
    ) not valid;

-- What a delivery may remove from the outbox: the version it told of, not a later one.
alter table outbox add column version bigint not null default 1;

-- migrate:down
alter table outbox drop column version;
update session set end_reason = 'signed-out' where end_reason not in ('signed-out', 'token-reused');
alter table session
    drop column address,
    drop column user_agent,
    drop constraint session_end_reason_known,
    add constraint session_end_reason_known check (end_reason in ('signed-out', 'token-reused'));
delete from account where password_hash is null;
alter table account
    alter column password_hash set not null,
    drop column name,
    drop column is_admin,
    drop column disabled_at,
    drop column verified_at,
    drop column version;
