-- migrate:up transaction:false
-- By itself and outside of a transaction, so that writes go on while it is built. One that a crash left unfinished stays so,
-- and unused: `reindex index concurrently document_to_purge` finishes it.
create index concurrently if not exists document_to_purge on document (coalesce(deleted_at, trashed_at))
where deleted_at is not null or trashed_at is not null;

-- migrate:down transaction:false
drop index concurrently if exists document_to_purge;
