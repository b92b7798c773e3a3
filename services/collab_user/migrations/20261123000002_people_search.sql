-- migrate:up
set local lock_timeout = '4s';

-- The words of a text as people search for them: small letters without accents. Used for what is stored and for what is asked.
create function search_words(said text) returns text[]
language sql immutable strict parallel safe
return (
    select coalesce(array_agg(distinct left(word, 80)), '{}')
    from regexp_split_to_table(
        lower(regexp_replace(normalize(said, nfkd), '[\u0300-\u036f]', '', 'g')), '[^[:alnum:]]+'
    ) as word
    where word <> ''
);

-- What people are found by. Words are compared as bytes, so that those with one beginning are neighbours in the index.
create table profile_word (
    person uuid not null references profile (id) on delete cascade,
    kind text not null constraint profile_word_kind_known check (kind in ('name', 'email')),
    word text collate "C" not null,
    primary key (person, kind, word)
);
create index profile_word_beginning on profile_word (kind, word, person);

-- A trigger: profiles are written by several statements, and none of them may forget this. With this search path, whoever writes.
create function index_profile() returns trigger
language plpgsql set search_path from current as $$
begin
    delete from profile_word where person = new.id;
    insert into profile_word (person, kind, word)
    select new.id, 'name', unnest(search_words(new.name))
    union all
    select new.id, 'email', lower(new.email);
    return null;
end
$$;

create trigger profile_indexed after insert or update of name, email on profile
for each row execute function index_profile();

-- migrate:down
drop trigger profile_indexed on profile;
drop function index_profile();
drop table profile_word;
drop function search_words(text);
