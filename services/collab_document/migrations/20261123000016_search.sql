-- migrate:up
set local lock_timeout = '4s';

-- Text without its accents, for a search that takes no notice of them in any language; it needs no extension. Cut off
-- where a tsvector of it could become larger than PostgreSQL takes.
create function folded(value text) returns text
language sql immutable strict parallel safe
return left(regexp_replace(normalize(left(value, 150000), NFKD), '[\u0300-\u036f]', '', 'g'), 150000);

-- Text as HTML shows it, so that nothing in it is taken for markup.
create function escaped(value text) returns text
language sql immutable strict parallel safe
return replace(replace(replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');

-- What a document is found by: its title, at once, and its text as of `sequence`, soon after.
create table document_text (
    document_id uuid primary key references document (id) on delete cascade,
    title text not null,
    sequence bigint not null default 0,
    body text not null default '' constraint document_text_length check (char_length(body) <= 150000),
    words tsvector generated always as (
        setweight(to_tsvector('simple'::regconfig, folded(title)), 'A')
        || setweight(to_tsvector('simple'::regconfig, folded(body)), 'D')
    ) stored
);
create index document_text_words on document_text using gin (words);

-- Documents whose text is to be read again; one row each, however often they are edited. No foreign key: a document that
-- is gone takes its row with it when its turn comes.
create table to_index (
    document_id uuid primary key,
    generation bigint not null default 1,
    attempts integer not null default 0,
    due_at timestamptz not null
);
create index to_index_due on to_index (due_at);

-- How far collaboration's list of edited documents has been read.
create table edits_read (
    one boolean primary key default true constraint edits_read_one_row check (one),
    cursor text not null
);

-- migrate:down
drop table edits_read;
drop table to_index;
drop table document_text;
drop function escaped;
drop function folded;
