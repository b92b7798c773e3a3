-- Queries about sessions, read by `collab_kit.database.load_queries` into `sessions.store.Queries`.

-- name: list_living
-- Newest first: ids are given in the order of time.
select id, created_at, rotated_at as last_used_at, address, user_agent from session
where account_id = $1 and id < $2 and ended_at is null and expires_at > now()
order by id desc
limit $3;

-- name: end_one
update session set ended_at = now(), end_reason = 'revoked'
where id = $2 and account_id = $1 and ended_at is null and expires_at > now()
returning id;

-- name: end_others
-- All of an account's but the session $2, which may be nobody's.
update session set ended_at = now(), end_reason = $3
where account_id = $1 and ended_at is null and id <> $2;

-- name: is_living
-- $3: the token says that this is an administrator, which then has to be so still.
select
    session.ended_at is null and session.expires_at > now() and account.disabled_at is null
    and (account.is_admin or not $3) as living
from session
join account on account.id = session.account_id
where session.id = $1 and session.account_id = $2;
