-- migrate:up transaction:false
-- For a search of words that are in very many texts: those that have them in their titles. As for `document_to_purge`: a crash
-- leaves it unfinished.
create index concurrently if not exists document_text_titles on document_text
using gin (to_tsvector('simple'::regconfig, folded(title)));

-- migrate:down transaction:false
drop index concurrently if exists document_text_titles;
