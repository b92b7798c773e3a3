-- migrate:up
-- By itself: the trigger's migration has let go of the table, and this one keeps nobody from writing.
insert into profile_word (person, kind, word)
select id, 'name', unnest(search_words(name)) from profile
union all
select id, 'email', lower(email) from profile
on conflict do nothing;

-- migrate:down
delete from profile_word;
