-- migrate:up
set local lock_timeout = '4s';

-- When nothing was left of a deleted document but this row, and when a replica last began to make it so.
alter table document
    add column purged_at timestamptz,
    add column purge_claimed_at timestamptz;

alter table document
    add constraint document_purged_is_deleted check (purged_at is null or deleted_at is not null) not valid;

-- migrate:down
alter table document
    drop column purged_at,
    drop column purge_claimed_at;
