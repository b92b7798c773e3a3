-- migrate:up
set local lock_timeout = '4s';

-- When the owner last said that it is theirs: made, changed or enabled it, or gave it another secret.
alter table webhook
    add column confirmed_at timestamptz not null default now(),
    drop constraint webhook_disable_reason_known,
    -- Not valid: rows that are there fulfilled the narrower one, and need not be read to prove it.
    add constraint webhook_disable_reason_known check (
        disable_reason in ('by-owner', 'failing', 'gone', 'secret-unreadable', 'owner-changed')
    ) not valid;

-- migrate:down
update webhook set disable_reason = 'by-owner' where disable_reason = 'owner-changed';
alter table webhook
    drop column confirmed_at,
    drop constraint webhook_disable_reason_known,
    add constraint webhook_disable_reason_known
        check (disable_reason in ('by-owner', 'failing', 'gone', 'secret-unreadable'));
