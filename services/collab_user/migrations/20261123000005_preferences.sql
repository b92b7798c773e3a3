-- migrate:up
-- A reference needs the table that it points to for itself, for a moment.
set local lock_timeout = '4s';

create table preferences (
    person uuid primary key references profile (id) on delete cascade,
    theme text not null default 'system' constraint preferences_theme_known check (theme in ('system', 'light', 'dark')),
    -- Null is what the browser says.
    language text constraint preferences_language_length check (char_length(language) between 2 and 35),
    email_notifications text not null default 'mentions'
        constraint preferences_email_known check (email_notifications in ('all', 'mentions', 'none')),
    spellcheck boolean not null default true
);

-- migrate:down
drop table preferences;
