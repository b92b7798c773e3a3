-- migrate:up
create table profile (
    -- The account's id, which the auth service chose.
    id uuid primary key,
    email text not null constraint profile_email_unique unique,
    name text not null constraint profile_name_length check (char_length(name) between 1 and 80),
    color text not null constraint profile_color_hex check (color ~ '^#[0-9a-f]{6}$'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- migrate:down
drop table profile;
