-- Queries for administrators, read by `collab_kit.database.load_queries` into `store.Queries`.

-- name: list_accounts
-- $1: those before this id, so the newest first; $2 as it was typed, or null for everybody; $3 a state, or null.
with asked as materialized (
    select word as low, word || chr(1114111) as high from unnest(search_words($2::text)) as word
), longest as materialized (
    select low, high from asked order by char_length(low) desc, low limit 1
), fitting as materialized (
    select profile_word.person
    from profile_word
    where profile_word.kind = 'name'
        and profile_word.word >= (select low from longest) and profile_word.word < (select high from longest)
        and not exists (
            select from asked
            where not exists (
                select from profile_word as other
                where other.person = profile_word.person and other.kind = 'name'
                    and other.word >= asked.low and other.word < asked.high
            )
        )
    union
    select person from profile_word
    where kind = 'email' and word >= lower($2::text) and word < lower($2::text) || chr(1114111)
)
select
    profile.id, profile.email, profile.name, profile.is_admin, profile.disabled, profile.verified, profile.created_at,
    profile.last_seen_at, erasing.person is not null as erasing, profile.color, profile.avatar_hash
from profile
left join erasure as erasing on erasing.person = profile.id
where profile.id < $1
    and ($2::text is null or profile.id in (select person from fitting))
    and case $3::text
        when 'active' then not profile.disabled and erasing.person is null
        when 'disabled' then profile.disabled
        when 'admin' then profile.is_admin
        when 'unverified' then not profile.verified
        when 'erasing' then erasing.person is not null
        else true
    end
order by profile.id desc
limit $4;

-- name: find_account
select
    profile.id, profile.email, profile.name, profile.is_admin, profile.disabled, profile.verified, profile.created_at,
    profile.last_seen_at, erasing.person is not null as erasing, profile.color, profile.avatar_hash
from profile
left join erasure as erasing on erasing.person = profile.id
where profile.id = $1;

-- name: rename_person
update profile set name = $2, version = version + 1, updated_at = now()
where id = $1;

-- name: note_account
-- As the auth service answered; its own delivery of something newer may have come first.
update profile
set
    is_admin = $2, disabled = $3, verified = $4, account_version = $5,
    version = version + 1, updated_at = now()
where id = $1 and account_version < $5;
