-- Queries for people search, read by `collab_kit.database.load_queries` into `store.Queries`.

-- name: search_people
-- For $1, by $2 as it was typed; $3 is the policy, $4 how many.
-- Beginnings are ranges of the index, never patterns: there is nothing in them to escape. Of everybody whose name fits, a bounded
-- number is looked at: who types one letter gets some people, not all of them sorted. The bounds of the range are scalar
-- subqueries: joined to, they would make the planner read the whole index.
with asked as materialized (
    select word as low, word || chr(1114111) as high from unnest(search_words($2::text)) as word
), longest as materialized (
    select low, high from asked order by char_length(low) desc, low limit 1
), mates as materialized (
    select theirs.person, bool_or(theirs.email_open) as email_open
    from team_member as mine
    join team_member as theirs on theirs.team = mine.team
    where mine.person = $1
    group by theirs.person
), named as materialized (
    select profile_word.person
    from profile_word
    where profile_word.kind = 'name'
        and profile_word.word >= (select low from longest) and profile_word.word < (select high from longest)
        and $3::text <> 'exact-email'
        and ($3::text = 'everyone' or profile_word.person in (select person from mates))
        -- Counted rather than joined, so that reading in the order of the index can end at the limit.
        and (select count(*) from asked) = (
            select count(*) from asked
            where exists (
                select from profile_word as other
                where other.person = profile_word.person and other.kind = 'name'
                    and other.word >= asked.low and other.word < asked.high
            )
        )
    order by profile_word.word, profile_word.person
    limit 500
), addressed as (
    -- By the beginning of an address only those who show it: else it could be guessed letter by letter.
    select profile_word.person
    from mates
    join profile_word on profile_word.person = mates.person and profile_word.kind = 'email'
    where mates.email_open and $3::text <> 'exact-email' and char_length($2::text) > 2
        and profile_word.word >= lower($2::text) and profile_word.word < lower($2::text) || chr(1114111)
    limit 500
), found as (
    select person, false as exactly from named
    union all
    select person, false from addressed
    union all
    select id, true from profile where email = lower($2::text)
), ranked as (
    select person, bool_or(exactly) as exactly from found group by person
)
select
    profile.id, profile.name, profile.color, profile.avatar_hash,
    case when ranked.exactly or mates.email_open then profile.email end as email
from ranked
join profile on profile.id = ranked.person
left join mates on mates.person = profile.id
where profile.id <> $1 and not profile.disabled
    and not exists (select from erasure where erasure.person = profile.id)
order by ranked.exactly desc, mates.person is not null desc, profile.name, profile.id
limit $4;
