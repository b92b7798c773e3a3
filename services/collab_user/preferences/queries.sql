-- Queries for preferences, read by `collab_kit.database.load_queries` into `store.Queries`.

-- name: find_preferences
-- Whoever has never chosen anything has no row, and the defaults of its columns.
select
    coalesce(preferences.theme, 'system') as theme,
    preferences.language,
    coalesce(preferences.email_notifications, 'mentions') as email_notifications,
    coalesce(preferences.spellcheck, true) as spellcheck
from profile
left join preferences on preferences.person = profile.id
where profile.id = $1;

-- name: change_preferences
insert into preferences (person, theme, language, email_notifications, spellcheck)
select profile.id, coalesce($2::text, 'system'), $4::text, coalesce($5::text, 'mentions'), coalesce($6::boolean, true)
from profile
where profile.id = $1
on conflict (person) do update set
    theme = coalesce($2::text, preferences.theme),
    language = case when $3::boolean then $4::text else preferences.language end,
    email_notifications = coalesce($5::text, preferences.email_notifications),
    spellcheck = coalesce($6::boolean, preferences.spellcheck)
returning theme, language, email_notifications, spellcheck;
