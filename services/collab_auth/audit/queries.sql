-- Queries of the audit log, read by `collab_kit.database.load_queries` into `audit.store.Queries`.

-- name: insert_entry
insert into audit (event, account, actor, address, user_agent, detail)
values ($1, $2, $3, $4, $5, $6::jsonb);

-- name: list_of_account
select id, event, account, actor, address, user_agent, at, detail::text as detail from audit
where account = $1 and ($2::text is null or event = $2) and id < $3
order by id desc
limit $4;

-- name: list_all
select id, event, account, actor, address, user_agent, at, detail::text as detail from audit
where ($1::text is null or event = $1) and id < $2
order by id desc
limit $3;

-- name: purge
select purge_audit($1::interval, $2::integer);
