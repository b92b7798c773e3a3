-- Queries of the user service, read by `collab_kit.database.load_queries` into `queries.Queries`.

-- name: upsert_profile
-- The auth service may deliver the same account again, late: by then the person may have chosen another name.
insert into profile (id, email, name, color)
values ($1, $2, $3, $4)
on conflict (id) do update set email = excluded.email, updated_at = now()
where profile.email <> excluded.email;

-- name: find_profile
select id, email, name, color
from profile
where id = $1;

-- name: find_profiles_by_id
select id, email, name, color
from profile
where id = any($1::uuid[]);

-- name: find_profile_by_email
select id, email, name, color
from profile
where email = $1;

-- name: update_profile
update profile
set name = coalesce($2, name), color = coalesce($3, color), updated_at = now()
where id = $1
returning id, email, name, color;
