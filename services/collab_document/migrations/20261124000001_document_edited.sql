-- migrate:up transaction:false
-- For lists of people who see a large part of all documents: theirs are found among those edited last. As for
-- `document_to_purge`: a crash leaves it unfinished.
create index concurrently if not exists document_edited on document (edited_at desc, id desc)
where trashed_at is null and deleted_at is null;

-- migrate:down transaction:false
drop index concurrently if exists document_edited;
