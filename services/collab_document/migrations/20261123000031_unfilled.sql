-- migrate:up

-- Documents that are made with a text which collaboration has not taken yet. The text is given after the document is
-- committed; whoever dies in between leaves a row here, by which the empty document is found and removed.
create table unfilled (
    document_id uuid primary key references document (id) on delete cascade,
    person uuid not null,
    key text,
    begun_at timestamptz not null default now()
);
create index unfilled_begun on unfilled (begun_at);

-- migrate:down

drop table unfilled;
