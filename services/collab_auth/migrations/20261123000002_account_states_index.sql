-- migrate:up transaction:false
-- By itself and outside of a transaction, so that nobody waits while it is built. One that a crash left unfinished stays so, and
-- unused: `reindex index concurrently account_administrators` finishes it.
create index concurrently if not exists account_administrators on account (id) where is_admin;

-- migrate:down transaction:false
drop index concurrently if exists account_administrators;
