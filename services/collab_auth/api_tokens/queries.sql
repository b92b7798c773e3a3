-- Queries about API tokens, read by `collab_kit.database.load_queries` into `api_tokens.store.Queries`.

-- name: lock_account
-- Two requests that each make the last token allowed wait for each other here.
select id from account where id = $1 for no key update;

-- name: insert_token
-- $6: how many tokens an account may have.
insert into api_token (account_id, name, scopes, hash, expires_at)
select $1, $2, $3, $4, now() + $5::interval
where (select count(*) from api_token where account_id = $1) < $6
returning id, name, scopes, created_at, expires_at, last_used_at;

-- name: list_tokens
select id, name, scopes, created_at, expires_at, last_used_at from api_token
where account_id = $1
order by id desc
limit $2;

-- name: delete_token
delete from api_token
where account_id = $1 and id = $2
returning id, name, scopes, created_at, expires_at, last_used_at;

-- name: find_use
-- `is_stale`: the time of its last use is worth writing again. A minute's grain spares a write for each request.
select id, account_id, scopes, coalesce(last_used_at < now() - interval '1 minute', true) as is_stale from api_token
where hash = $1 and (expires_at is null or expires_at > now());

-- name: note_use
-- Of many requests at once one writes: the others see its time once they have waited for it.
update api_token set last_used_at = now()
where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute');

-- name: purge_tokens
-- Expired ones stay in the list for a while, so that their owner sees why a program stopped.
delete from api_token
where id in (select id from api_token where expires_at < now() - interval '30 days' limit 500);
