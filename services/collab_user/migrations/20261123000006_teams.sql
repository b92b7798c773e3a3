-- migrate:up
-- A reference needs the table that it points to for itself, for a moment.
set local lock_timeout = '4s';

-- `version` counts every change, of members too: the ETag, and what tells old news from new where the document service hears of it.
create table team (
    id uuid primary key default uuidv7(),
    name text not null constraint team_name_length check (char_length(name) between 1 and 80),
    version bigint not null default 1,
    created_at timestamptz not null default now()
);

create table team_member (
    team uuid not null references team (id) on delete cascade,
    -- A person is erased by statements that look after each team; no cascade may leave one without a manager.
    person uuid not null references profile (id),
    role text not null constraint team_member_role_known check (role in ('manager', 'member')),
    -- Whether the others may see this person's e-mail: not when somebody who did not know it put the person here.
    email_open boolean not null,
    added_at timestamptz not null default now(),
    primary key (team, person)
);
create index team_member_person on team_member (person, team);

-- The first answers to creations with an Idempotency-Key.
create table team_creation (
    person uuid not null,
    key text not null constraint team_creation_key_length check (char_length(key) between 1 and 255),
    name text not null,
    team uuid not null,
    created_at timestamptz not null default now(),
    primary key (person, key)
);
create index team_creation_age on team_creation (created_at);

-- migrate:down
drop table team_creation;
drop table team_member;
drop table team;
