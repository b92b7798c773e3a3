-- migrate:up transaction:false
-- By itself and outside of a transaction, so that edits go on while it is built. One that a crash left unfinished stays so, and
-- unused: `reindex index concurrently document_to_purge` finishes it.
create index concurrently if not exists document_to_purge on document (deleted_at)
where deleted_at is not null and purged_at is null;

-- migrate:down transaction:false
drop index concurrently if exists document_to_purge;
