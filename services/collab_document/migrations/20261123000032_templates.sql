-- migrate:up

-- `content` is the editor's JSON, as it was in the document that the template was made of.
create table template (
    id uuid primary key default uuidv7(),
    person uuid not null,
    name text not null constraint template_name_length check (char_length(name) between 1 and 200),
    content bytea not null constraint template_content_size check (octet_length(content) <= 1048576),
    created_at timestamptz not null default now()
);
create index template_of_person on template (person, id);

-- migrate:down

drop table template;
