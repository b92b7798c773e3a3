-- Queries of roles; who changes a document's roles holds that document's lock (`lock_document`).

-- name: list_members
select user_id, role
from member
where document_id = $1
order by role = 'owner' desc, added_at, user_id
limit $2;

-- name: list_teams
select team.id, team.name, document_team.role,
    (select count(*) from team_member where team_member.team_id = team.id) as member_count
from document_team
join team on team.id = document_team.team_id
where document_team.document_id = $1
order by document_team.added_at, team.id
limit $2;

-- name: count_other_members
-- Without the person who is about to be given a role, and may have one already.
select count(*) as number from member where document_id = $1 and user_id <> $2;

-- name: count_other_teams
select count(*) as number from document_team where document_id = $1 and team_id <> $2;

-- name: put_member
insert into member (document_id, user_id, role)
values ($1, $2, $3)
on conflict (document_id, user_id) do update set role = excluded.role
where member.role <> 'owner';

-- name: set_role
update member set role = $3 where document_id = $1 and user_id = $2;

-- name: delete_member
delete from member where document_id = $1 and user_id = $2 and role <> 'owner';

-- name: find_team
-- One that person $2 is in; locked, so that it is not deleted while it is given something.
select team.id, team.name,
    (select count(*) from team_member where team_member.team_id = team.id) as member_count
from team
join team_member as mine on mine.team_id = team.id and mine.user_id = $2
where team.id = $1 and team.deleted_at is null
for key share of team;

-- name: put_team
insert into document_team (document_id, team_id, role)
values ($1, $2, $3)
on conflict (document_id, team_id) do update set role = excluded.role;

-- name: delete_team
delete from document_team where document_id = $1 and team_id = $2;

-- name: store_team
-- Messages about a team may come late and twice: only a newer version than the one known counts.
insert into team (id, name, version)
values ($1, left($2, 200), $3)
on conflict (id) do update set name = excluded.name, version = excluded.version, deleted_at = null
where team.version < excluded.version
returning id;

-- name: remove_from_team
delete from team_member where team_id = $1 and user_id <> all($2::uuid[]);

-- name: add_to_team
insert into team_member (team_id, user_id)
select $1, unnest($2::uuid[])
on conflict do nothing;

-- name: end_team
insert into team (id, name, version, deleted_at)
values ($1, '', $2, now())
on conflict (id) do update set name = '', version = excluded.version, deleted_at = now()
where team.version <= excluded.version
returning id;

-- name: documents_of_team
-- Those edited last are those that someone may have open.
select document.id
from document_team
join document on document.id = document_team.document_id
    and document.trashed_at is null and document.deleted_at is null
where document_team.team_id = $1
order by document.edited_at desc
limit $2;

-- name: clear_team
delete from team_member where team_id = $1;

-- name: clear_grants
delete from document_team where team_id = $1;

-- name: find_live_document
select id from document where id = $1 and deleted_at is null and trashed_at is null;

-- name: roles_of_people
select person as id, document_role($1, person) as role from unnest($2::uuid[]) as asked (person);

-- name: roles_of_links
-- By what tickets name them: not by their ids, once their passwords changed.
select asked.link as id, link.role
from unnest($2::uuid[]) as asked (link)
left join document on document.id = $1 and document.trashed_at is null and document.deleted_at is null
left join link on coalesce(link.pass_key, link.id) = asked.link and link.document_id = document.id
    and (link.expires_at is null or link.expires_at > now());
