-- migrate:up transaction:false
-- For what a person owns: their own list, the limit, the trash. As for `document_to_purge`: a crash leaves it unfinished.
create index concurrently if not exists member_owner on member (user_id, document_id)
where role = 'owner';

-- migrate:down transaction:false
drop index concurrently if exists member_owner;
