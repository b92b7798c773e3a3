-- migrate:up
set local lock_timeout = '4s';

-- In the trash a document is out of everybody's sight, and can come back. `deleted_at`, from before there was a trash,
-- marks what may not: the purge removes it, and so it does with what has been in the trash for long enough.
alter table document
    add column version bigint not null default 1,
    add column trashed_at timestamptz;

-- Copies of the teams that the user service knows, for authorisation. A team that is gone leaves its row, so that a
-- message about it that comes late is known to be old.
create table team (
    id uuid primary key,
    name text not null constraint team_name_length check (char_length(name) <= 200),
    version bigint not null,
    deleted_at timestamptz
);

create table team_member (
    team_id uuid not null references team (id) on delete cascade,
    user_id uuid not null,
    primary key (team_id, user_id)
);
create index team_member_user on team_member (user_id, team_id);

create table document_team (
    document_id uuid not null references document (id) on delete cascade,
    team_id uuid not null references team (id) on delete cascade,
    role text not null constraint document_team_role_known check (role in ('editor', 'commenter', 'viewer')),
    added_at timestamptz not null default now(),
    primary key (document_id, team_id)
);
create index document_team_team on document_team (team_id, document_id);

-- Roles by strength: 1 is the owner's. `role_of` is what turns the least of several back into a name.
create function strength(role text) returns integer
language sql immutable parallel safe
return case role when 'owner' then 1 when 'editor' then 2 when 'commenter' then 3 when 'viewer' then 4 end;

create function role_of(strength integer) returns text
language sql immutable parallel safe
return case strength when 1 then 'owner' when 2 then 'editor' when 3 then 'commenter' when 4 then 'viewer' end;

-- Every way in which a person has come by a role; the strongest (least) one is theirs.
create view access as
select document_id, user_id, strength(role) as strength from member
union all
select document_team.document_id, team_member.user_id, strength(document_team.role)
from document_team
join team_member on team_member.team_id = document_team.team_id;

-- A person's role in a document that is not in the trash, or null.
create function document_role(document uuid, person uuid) returns text
language sql stable parallel safe
return (
    select role_of(min(access.strength))
    from document as live
    join access on access.document_id = live.id and access.user_id = $2
    where live.id = $1 and live.trashed_at is null and live.deleted_at is null
);

-- Internal calls to other services that have to arrive, made in the transaction that makes them necessary.
create table outbox (
    id bigint generated always as identity primary key,
    peer text not null,
    key text not null,
    method text not null constraint outbox_method_known check (method in ('DELETE', 'PATCH', 'POST', 'PUT')),
    path text not null,
    body bytea,
    generation bigint not null default 1,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_error text,
    created_at timestamptz not null default now(),
    constraint outbox_key_unique unique (peer, key)
);
create index outbox_due on outbox (next_attempt_at);

-- migrate:down
drop table outbox;
drop function document_role;
drop view access;
drop function role_of;
drop function strength;
drop table document_team;
drop table team_member;
drop table team;
alter table document
    drop column trashed_at,
    drop column version;
