-- migrate:up

-- Adding these columns needs the table for itself, for a moment. Who waits for that (behind a dump, say) makes everybody else
-- wait too; so it does not wait long, and fails, to be run again. A constant default is written to no row.
set local lock_timeout = '4s';

alter table profile
    -- Counts what others can see change; the ETag.
    add column version bigint not null default 1,
    -- Copies of what the auth service decides, and the version of the account that they are copies of.
    add column is_admin boolean not null default false,
    add column disabled boolean not null default false,
    add column verified boolean not null default false,
    add column account_version bigint not null default 0,
    add column avatar_key text,
    add column avatar_hash text,
    add column last_seen_at timestamptz;

-- Not valid: rows that are there fulfil it by their defaults, and need not be read to prove it.
alter table profile
    add constraint profile_avatar_whole check ((avatar_key is null) = (avatar_hash is null)) not valid;

-- migrate:down
alter table profile
    drop column version,
    drop column is_admin,
    drop column disabled,
    drop column verified,
    drop column account_version,
    drop column avatar_key,
    drop column avatar_hash,
    drop column last_seen_at;
