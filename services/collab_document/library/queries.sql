-- Queries of personal order; who places, moves or deletes holds that person's lock (`lock_person`).

-- name: set_favourite
insert into personal (user_id, document_id, favourite_at)
select $1, $2, now()
where document_role($2, $1) is not null
on conflict (user_id, document_id) do update set favourite_at = coalesce(personal.favourite_at, excluded.favourite_at);

-- name: unset_favourite
update personal set favourite_at = null
where user_id = $1 and document_id = $2 and document_role($2, $1) is not null;

-- name: place_document
insert into personal (user_id, document_id, folder_id)
values ($1, $2, $3)
on conflict (user_id, document_id) do update set folder_id = excluded.folder_id;

-- name: list_folders
select id, parent_id, name, version, created_at
from folder
where user_id = $1 and id > $2
order by id
limit $3;

-- name: find_folder
select id, parent_id, name, version, created_at from folder where user_id = $1 and id = $2;

-- name: count_folders
select count(*) as number from folder where user_id = $1;

-- name: insert_folder
insert into folder (user_id, parent_id, name)
values ($1, $2, $3)
returning id, parent_id, name, version, created_at;

-- name: change_folder
update folder set name = $3, parent_id = $4, version = version + 1
where user_id = $1 and id = $2
returning id, parent_id, name, version, created_at;

-- name: all_folders
select id, parent_id from folder where user_id = $1;

-- name: move_folders_up
update folder set parent_id = $3, version = version + 1 where user_id = $1 and parent_id = $2;

-- name: move_documents_up
update personal set folder_id = $3 where user_id = $1 and folder_id = $2;

-- name: delete_folder
delete from folder where user_id = $1 and id = $2;
