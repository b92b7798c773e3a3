-- Queries of the document service, read by `collab_kit.database.load_queries` into `queries.Queries`.
-- Every one that acts for a person joins that person's membership: there is no other way to a document.

-- name: insert_document
with created as (
    insert into document (title) values ($2)
    returning id, title, created_at, edited_at
), owner as (
    insert into member (document_id, user_id, role)
    select id, $1, 'owner' from created
)
select id, title, 'owner' as role, $1::uuid as owner_id, created_at, edited_at, 1::bigint as member_count
from created;

-- name: find_document
select
    document.id, document.title, mine.role, owner.user_id as owner_id, document.created_at, document.edited_at,
    (select count(*) from member where member.document_id = document.id) as member_count
from document
join member as mine on mine.document_id = document.id and mine.user_id = $2
join member as owner on owner.document_id = document.id and owner.role = 'owner'
where document.id = $1 and document.deleted_at is null;

-- name: list_documents
-- Keyset: the page after the document last edited at $2 with id $3.
select
    document.id, document.title, mine.role, owner.user_id as owner_id, document.created_at, document.edited_at,
    (select count(*) from member where member.document_id = document.id) as member_count
from member as mine
join document on document.id = mine.document_id and document.deleted_at is null
join member as owner on owner.document_id = document.id and owner.role = 'owner'
where mine.user_id = $1 and (document.edited_at, document.id) < ($2, $3)
order by document.edited_at desc, document.id desc
limit $4;

-- name: find_role
select mine.role
from document
join member as mine on mine.document_id = document.id and mine.user_id = $2
where document.id = $1 and document.deleted_at is null;

-- name: rename_document
-- The role is checked in the write: one that was taken away a moment ago no longer counts.
update document set title = $3, edited_at = now()
where id = $1 and deleted_at is null
    and exists (select from member where document_id = $1 and user_id = $2 and role in ('owner', 'editor'));

-- name: delete_document
update document set deleted_at = now()
where id = $1 and deleted_at is null
    and exists (select from member where document_id = $1 and user_id = $2 and role = 'owner');

-- name: note_edit
-- Every replica hears of the edit; the comparison makes one write of them. A clock ahead of ours does not count.
update document set edited_at = least($2, now())
where id = $1 and deleted_at is null and edited_at < least($2, now());

-- name: list_members
select user_id, role
from member
where document_id = $1
order by role = 'owner' desc, added_at, user_id
limit $2;

-- name: count_others
-- Without the person who is about to be given a role, and may have one already.
select count(*) as members from member where document_id = $1 and user_id <> $2;

-- name: put_member
-- The caller ($2) is the owner, the target ($3) is not: both held by the write itself.
insert into member (document_id, user_id, role)
select document.id, $3, $4
from document
where document.id = $1 and document.deleted_at is null
    and exists (select from member where document_id = $1 and user_id = $2 and role = 'owner')
on conflict (document_id, user_id) do update set role = excluded.role
where member.role <> 'owner';

-- name: delete_member
-- By the owner, or by that person leaving; never the owner's own row.
delete from member
where document_id = $1 and user_id = $3 and role <> 'owner'
    and ($2 = $3 or exists (select from member as caller
        where caller.document_id = $1 and caller.user_id = $2 and caller.role = 'owner'));
