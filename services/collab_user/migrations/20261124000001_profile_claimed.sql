-- migrate:up
set local lock_timeout = '4s';

-- A copy of what the auth service knows: since when the account is of who has its address, where it may have been another's.
alter table profile add column claimed_at timestamptz;

-- migrate:down
alter table profile drop column claimed_at;
