-- migrate:up
set local lock_timeout = '4s';

-- When somebody proved the address of an account by resetting its password that nobody had proved before: whatever was made
-- with it until then may be of another person, who registered with an address that is not theirs.
alter table account add column claimed_at timestamptz;

-- migrate:down
alter table account drop column claimed_at;
