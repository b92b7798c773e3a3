-- Queries for teams, read by `collab_kit.database.load_queries` into `store.Queries`.
-- Every change of a team or its members first locks the team's row: changes of one team happen one after another.

-- name: insert_team
with made as (
    insert into team (name)
    select $2::text from profile where profile.id = $1::uuid
    returning id, name, version, created_at
), manager as (
    insert into team_member (team, person, role, email_open)
    select id, $1::uuid, 'manager', true from made
)
select id, name, version, created_at, 'manager' as role, 1::bigint as member_count
from made;

-- name: count_teams
select count(*) as number from team_member
where person = $1;

-- name: find_creation
select team, name, created_at from team_creation
where person = $1 and key = $2 and created_at > now() - interval '24 hours';

-- name: keep_creation
insert into team_creation (person, key, name, team)
values ($1, $2, $3, $4)
on conflict (person, key) do update set name = excluded.name, team = excluded.team, created_at = now();

-- name: purge_creations
delete from team_creation
where (person, key) in (
    select person, key from team_creation
    where created_at < now() - interval '24 hours'
    limit 500
);

-- name: lock_team
select version as number from team
where id = $1
for update;

-- name: find_team
select
    team.id, team.name, team.version, team.created_at, mine.role,
    (select count(*) from team_member where team_member.team = team.id) as member_count
from team
join team_member as mine on mine.team = team.id and mine.person = $2
where team.id = $1;

-- name: list_teams
select
    team.id, team.name, team.version, team.created_at, mine.role,
    (select count(*) from team_member where team_member.team = team.id) as member_count
from team_member as mine
join team on team.id = mine.team
where mine.person = $1 and team.id < $2
order by team.id desc
limit $3;

-- name: rename_team
update team set name = $2, version = version + 1
where id = $1
returning version as number;

-- name: touch_team
update team set version = version + 1
where id = $1
returning version as number;

-- name: delete_team
delete from team
where id = $1;

-- name: find_addable
-- Who may be put into a team by $1: by e-mail whoever has it, by id whom $1 can find. `email_known`: $1 knows it already.
select
    profile.id,
    $3::text is not null or profile.id = $1 or known.open as email_known
from profile
cross join lateral (
    select count(*) > 0 as shared, coalesce(bool_or(theirs.email_open), false) as open
    from team_member as mine
    join team_member as theirs on theirs.team = mine.team
    where mine.person = $1 and theirs.person = profile.id
) as known
where (profile.id = $2::uuid and ($4::text = 'everyone' or known.shared) or profile.email = $3::text)
    and not profile.disabled
    and not exists (select from erasure where erasure.person = profile.id);

-- name: find_role
select role, email_open from team_member
where team = $1 and person = $2;

-- name: count_managers
select count(*) as number from team_member
where team = $1 and role = 'manager';

-- name: count_members
select count(*) as number from team_member
where team = $1;

-- name: put_member
insert into team_member (team, person, role, email_open)
values ($1, $2, $3, $4)
on conflict (team, person) do update set
    role = excluded.role,
    email_open = team_member.email_open or excluded.email_open;

-- name: delete_member
delete from team_member
where team = $1 and person = $2;

-- name: find_member
select
    member.person as id, profile.name, profile.color, profile.avatar_hash, member.role, member.added_at,
    case when member.email_open or member.person = $2 then profile.email end as email
from team_member as member
join profile on profile.id = member.person
where member.team = $1 and member.person = $3;

-- name: list_members
select
    member.person as id, profile.name, profile.color, profile.avatar_hash, member.role, member.added_at,
    case when member.email_open or member.person = $2 then profile.email end as email
from team_member as member
join profile on profile.id = member.person
where member.team = $1 and (member.added_at, member.person) > ($3, $4)
order by member.added_at, member.person
limit $5;

-- name: teams_of
-- In the order in which whoever needs several locks them.
select team as id from team_member
where person = $1
order by team;

-- name: promote_longest
update team_member set role = 'manager'
where team = $1 and person = (
    select person from team_member where team = $1 order by added_at, person limit 1
);

-- name: forget_creations
delete from team_creation
where person = $1;

-- name: find_news
-- Name, version and members as of one moment.
select
    team.name, team.version,
    array(select person from team_member where team_member.team = team.id order by person) as members
from team
where team.id = $1;
