-- Queries of the search and of what fills it.

-- name: search
-- Of all that the person sees. $2 is what was typed, $3 all of it but the last word, $4 the last word as a prefix (or null).
-- Rights are in the same statement: what the caller may not read is never ranked, counted or shown.
with asked as materialized (
    select websearch_to_tsquery('simple', folded($2))
        || case when $4::text is null then ''::tsquery
            else websearch_to_tsquery('simple', folded($3)) && to_tsquery('simple', folded($4)) end as query
), candidate as (
    select distinct document_id as id from access where user_id = $1
)
select candidate.id, matching.rank
from candidate
-- One look-up for each candidate: without the offset all texts, and all documents, may be read instead.
cross join lateral (
    select ts_rank_cd(document_text.words, asked.query, 1)::float8 as rank
    from document_text, asked
    where document_text.document_id = candidate.id and document_text.words @@ asked.query
    offset 0
) as matching
cross join lateral (
    select from document
    where document.id = candidate.id and document.trashed_at is null and document.deleted_at is null
    offset 0
) as live
where (matching.rank, candidate.id) < ($5::float8, $6::uuid)
order by matching.rank desc, candidate.id desc
limit $7;

-- name: search_many
-- For whom sees thousands of documents: of those that the index of words finds. Are these more than $8, then of half as many
-- that have the words in their titles, and half as many that were edited last, of all that the person sees. Those are looked for
-- among $9 of everybody's; where that is too few of the last edited, all of theirs are. So a bounded number of texts is compared.
with typed as materialized (
    select websearch_to_tsquery('simple', folded($2))
        || case when $4::text is null then ''::tsquery
            else websearch_to_tsquery('simple', folded($3)) && to_tsquery('simple', folded($4)) end as query
), asked as materialized (
    select
        query,
        -- Whether words stand next to each other is in no index: of all texts that have them each would be read to know.
        regexp_replace(query::text, '<(-|[0-9]+)>', '&', 'g')::tsquery as broader,
        -- A letter or two begin so many words that the index is better not asked for them.
        char_length($4) < 7 as vague
    from typed
), hit as materialized (
    select document_id as id
    from document_text
    where (select vague is not true from asked) and words @@ (select broader from asked)
    limit $8::bigint + 1
), overflow as materialized (
    select vague is true or (select count(*) from hit) > $8::bigint as overflow from asked
), titled as materialized (
    select every.id
    from (
        select document_id as id
        from document_text
        where (select overflow from overflow)
            and to_tsvector('simple'::regconfig, folded(title)) @@ (select broader from asked)
        limit $9
    ) as every
    cross join lateral (
        select from access where access.document_id = every.id and access.user_id = $1 limit 1
    ) as mine
    limit $8::bigint / 2
), near as materialized (
    select newest.id
    from (
        select id, edited_at
        from document
        where trashed_at is null and deleted_at is null and (select overflow from overflow)
        order by edited_at desc, id desc
        limit $9
    ) as newest
    cross join lateral (select from access where access.document_id = newest.id and access.user_id = $1 limit 1) as mine
    order by newest.edited_at desc, newest.id desc
    limit $8::bigint / 2
), far as (
    select live.id
    from (select distinct document_id from access where user_id = $1) as mine
    cross join lateral (
        select document.id, document.edited_at
        from document
        where document.id = mine.document_id and document.trashed_at is null and document.deleted_at is null
        offset 0
    ) as live
    where (select overflow from overflow) and (select count(*) from near) < $8::bigint / 2
    order by live.edited_at desc, live.id desc
    limit $8::bigint / 2
), candidate as (
    select hit.id
    from hit
    cross join lateral (select from access where access.document_id = hit.id and access.user_id = $1 limit 1) as mine
    where not (select overflow from overflow)
    union
    select id from titled
    union
    select id from near
    union
    select id from far
)
select candidate.id, matching.rank
from candidate
-- One look-up for each candidate: without the offset all texts, and all documents, may be read instead.
cross join lateral (
    select ts_rank_cd(document_text.words, asked.query, 1)::float8 as rank
    from document_text, asked
    where document_text.document_id = candidate.id and document_text.words @@ asked.query
    offset 0
) as matching
cross join lateral (
    select from document
    where document.id = candidate.id and document.trashed_at is null and document.deleted_at is null
    offset 0
) as live
where (matching.rank, candidate.id) < ($5::float8, $6::uuid)
order by matching.rank desc, candidate.id desc
limit $7;

-- name: show_hits
-- Of documents $1, which were found for the same words.
with asked as materialized (
    select websearch_to_tsquery('simple', folded($2))
        || case when $4::text is null then ''::tsquery
            else websearch_to_tsquery('simple', folded($3)) && to_tsquery('simple', folded($4)) end as query
)
select document_text.document_id as id,
    ts_headline('simple', escaped(document_text.title), shown.query,
        'HighlightAll=true, StartSel=<mark>, StopSel=</mark>') as title_html,
    ts_headline('simple', escaped(passage.body), shown.query,
        'MaxFragments=2, MinWords=8, MaxWords=24, FragmentDelimiter=" … ", StartSel=<mark>, StopSel=</mark>')
        as snippet_html
from document_text
cross join lateral (
    -- The text is shown with its accents: a word is marked when it was typed as it stands, or without any.
    select asked.query || websearch_to_tsquery('simple', $2) as query from asked
) as shown
cross join lateral (
    -- To look for words to show in all of a long text takes as long as all the rest: it is done from where the first word is.
    select case
        when char_length(document_text.body) <= 12000 then document_text.body
        else substr(document_text.body, greatest(1, (
            select min(nullif(strpos(lower(document_text.body), word), 0))
            from unnest(tsvector_to_array(to_tsvector('simple', $2))) as word
        ) - 200), 10000)
    end as body
    offset 0
) as passage
where document_text.document_id = any($1::uuid[]);

-- name: request_reading
-- Once for all edits of some seconds. One that is being read right now is read again: see `finish_reading`.
insert into to_index (document_id, due_at)
values ($1, now() + $2::interval)
on conflict (document_id) do update set
    generation = to_index.generation + 1, attempts = 0,
    due_at = case when to_index.attempts = 0 then to_index.due_at else excluded.due_at end;

-- name: claim_readings
-- Claiming puts the next attempt off: it is what another replica, or a crash in between, waits for.
update to_index
set attempts = attempts + 1, due_at = now() + least(interval '10 minutes', interval '10 seconds' * (1 << least(attempts, 6)))
where document_id in (
    select document_id from to_index
    where due_at <= now()
    order by due_at
    limit $1
    for update skip locked
)
returning document_id, generation, attempts;

-- name: finish_reading
delete from to_index where document_id = $1 and generation = $2;

-- name: find_sequences
select document.id, coalesce(document_text.sequence, 0) as sequence
from document
left join document_text on document_text.document_id = document.id
where document.id = any($1::uuid[]) and document.deleted_at is null;

-- name: store_text
-- The title is the document's: a document that was found by nothing yet gets both.
insert into document_text (document_id, title, sequence, body)
select id, title, $2, $3 from document where id = $1 and deleted_at is null
on conflict (document_id) do update set sequence = excluded.sequence, body = excluded.body
where document_text.sequence < excluded.sequence;

-- name: add_missing_titles
-- Documents from before there was a search; in order of their ids, some at a time.
with next as (
    select id, title from document where id > $1 order by id limit $2
), added as (
    insert into document_text (document_id, title)
    select id, title from next
    on conflict do nothing
)
select id from next order by id desc limit 1;

-- name: lock_feed
-- One replica reads collaboration's list at a time; the others have nothing to do.
select pg_try_advisory_xact_lock(hashtextextended('collab_document feed', 0)) as held;

-- name: find_cursor
select cursor from edits_read;

-- name: store_cursor
insert into edits_read (cursor) values ($1)
on conflict (one) do update set cursor = excluded.cursor;

-- name: count_waiting
select count(*) as number from to_index;
