-- Queries of the search and of what fills it.

-- name: search
-- $2 is what was typed, $3 all of it but the last word, $4 the last word as a prefix (or null).
-- Rights are in the same statement: what the caller may not read is never ranked, counted or shown.
with asked as materialized (
    select websearch_to_tsquery('simple', folded($2))
        || case when $4::text is null then ''::tsquery
            else websearch_to_tsquery('simple', folded($3)) && to_tsquery('simple', folded($4)) end as query
), found as (
    select document_text.document_id as id, ts_rank_cd(document_text.words, asked.query, 1)::float8 as rank
    from asked
    cross join (select distinct document_id from access where user_id = $1) as mine
    join document_text on document_text.document_id = mine.document_id
    -- One look-up for each of what was found: without the offset all documents may be read instead.
    cross join lateral (
        select from document
        where document.id = document_text.document_id and document.trashed_at is null and document.deleted_at is null
        offset 0
    ) as live
    where document_text.words @@ asked.query
), page as (
    select id, rank from found
    where (rank, id) < ($5::float8, $6::uuid)
    order by rank desc, id desc
    limit $7
)
select page.id, page.rank,
    ts_headline('simple', escaped(document_text.title), shown.query,
        'HighlightAll=true, StartSel=<mark>, StopSel=</mark>') as title_html,
    ts_headline('simple', escaped(document_text.body), shown.query,
        'MaxFragments=2, MinWords=8, MaxWords=24, FragmentDelimiter=" … ", StartSel=<mark>, StopSel=</mark>')
        as snippet_html
from page
join document_text on document_text.document_id = page.id
cross join lateral (
    -- The text is shown with its accents: a word is marked when it was typed as it stands, or without any.
    select asked.query || websearch_to_tsquery('simple', $2) as query from asked
) as shown
order by page.rank desc, page.id desc;

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
