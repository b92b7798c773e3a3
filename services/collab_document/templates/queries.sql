-- name: lock_templates
-- One at a time makes templates for a person: the limit is counted under this lock.
select pg_advisory_xact_lock(hashtextextended('templates ' || $1::uuid::text, 0));

-- name: insert_template
insert into template (person, name, content)
select $1, $2, $3
where (select count(*) from (select from template where person = $1 limit $4) as own) < $4
returning id, name, created_at;

-- name: list_templates
select id, name, created_at from template where person = $1 and id > $2 order by id limit $3;

-- name: find_template
select id, name, created_at from template where person = $1 and id = $2;

-- name: find_template_content
select name, content from template where person = $1 and id = $2;

-- name: delete_template
delete from template where person = $1 and id = $2;

-- name: forget_templates
delete from template where person = $1;

-- name: export_templates
select id, name, created_at, content from template where person = $1 order by id limit $2;
