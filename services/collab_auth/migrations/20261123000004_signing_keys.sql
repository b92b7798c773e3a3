-- migrate:up

-- Keys that access tokens are signed with. The one with the latest `signs_from` that has come signs; one stays published until
-- its successor has signed for as long as a token lives. The key of the settings' file is not sealed: it is in the file.
create table signing_key (
    kid text primary key constraint signing_key_kid_length check (char_length(kid) = 43),
    x text not null,
    sealed bytea,
    created_at timestamptz not null default now(),
    signs_from timestamptz not null,
    revoked_at timestamptz
);
create index signing_key_order on signing_key (signs_from);

-- migrate:down
drop table signing_key;
