-- Queries of links; who changes a document's links holds that document's lock (`lock_document`).

-- name: list_links
select id, token_hash, token_sealed, role, password_hash is not null as has_password, expires_at, version, created_at
from link
where document_id = $1
order by id
limit $2;

-- name: find_link
select id, token_hash, token_sealed, role, password_hash is not null as has_password, expires_at, version, created_at
from link
where document_id = $1 and id = $2;

-- name: count_links
select count(*) as number from link where document_id = $1;

-- name: insert_link
insert into link (id, document_id, token_hash, token_sealed, role, password_hash, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)
returning id, token_hash, token_sealed, role, password_hash is not null as has_password, expires_at, version, created_at;

-- name: change_link
-- The password: kept when $5, else replaced by $6, which may be none. Another password puts out who came by the old one.
update link set role = $3, expires_at = $4, password_hash = case when $5 then password_hash else $6 end,
    pass_key = case when $5 or $6::text is null then pass_key else gen_random_uuid() end,
    version = version + 1
where document_id = $1 and id = $2
returning id, token_hash, token_sealed, role, password_hash is not null as has_password, expires_at, version, created_at;

-- name: delete_link
delete from link where document_id = $1 and id = $2;

-- name: find_open_link
-- By the SHA-256 of its token, while it is valid.
select link.id, link.document_id, document.title, link.role, link.password_hash, link.expires_at,
    coalesce(link.pass_key, link.id) as pass_key
from link
join document on document.id = link.document_id and document.trashed_at is null and document.deleted_at is null
where link.token_hash = $1 and (link.expires_at is null or link.expires_at > now());
