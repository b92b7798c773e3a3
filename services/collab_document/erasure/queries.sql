-- Queries of erasure and export.

-- name: request_erasure
insert into erasure (user_id) values ($1) on conflict do nothing;

-- name: find_erasures
select user_id as id from erasure order by requested_at limit $1;

-- name: finish_erasure
delete from erasure where user_id = $1;

-- name: find_owned
select document_id as id from member where user_id = $1 and role = 'owner' limit $2;

-- name: find_heir
-- The editor who has been one for longest.
select user_id as id
from member
where document_id = $1 and role = 'editor' and user_id <> $2
order by added_at, user_id
limit 1;

-- name: delete_any_member
delete from member where document_id = $1 and user_id = $2;

-- name: make_owner
update member set role = 'owner' where document_id = $1 and user_id = $2;

-- name: find_memberships
select document_id as id from member where user_id = $1 and role <> 'owner' limit $2;

-- name: delete_memberships
delete from member where user_id = $1 and document_id = any($2::uuid[]) and role <> 'owner';

-- name: delete_personal
delete from personal
where user_id = $1 and document_id in (select document_id from personal where user_id = $1 limit $2);

-- name: loosen_folders
-- So that they can go in any order.
update folder set parent_id = null where user_id = $1 and parent_id is not null;

-- name: delete_folders
delete from folder where user_id = $1;

-- name: leave_teams
delete from team_member where user_id = $1;

-- name: delete_requests
delete from idempotency where user_id = $1;

-- name: export_documents
select document.id, document.title, role_of(mine.strength) as role, document.created_at, document.edited_at,
    document.trashed_at, personal.favourite_at, personal.opened_at, folder.name as folder
from (select document_id, min(strength) as strength from access where user_id = $1 group by document_id) as mine
join document on document.id = mine.document_id and document.deleted_at is null
left join personal on personal.user_id = $1 and personal.document_id = document.id
left join folder on folder.id = personal.folder_id
where (document.trashed_at is null or mine.strength = 1) and document.id > $2
order by document.id
limit $3;

-- name: export_folders
select id, parent_id, name, created_at from folder where user_id = $1 order by id;

-- name: export_links
select link.id, link.document_id, link.role, link.expires_at, link.created_at
from member
join link on link.document_id = member.document_id
where member.user_id = $1 and member.role = 'owner'
order by link.id
limit $2;
