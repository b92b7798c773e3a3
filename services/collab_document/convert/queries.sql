-- name: begin_filling
insert into unfilled (document_id, person, key) values ($1, $2, $3);

-- name: find_unfilled
select document_id as id from unfilled where document_id = $1;

-- name: end_filling
delete from unfilled where document_id = $1;

-- name: take_unfilled
-- Only one of those that notice a failure undoes it.
delete from unfilled where document_id = $1 returning document_id as id, person, key;

-- name: forget_request
-- The same key may be tried again.
delete from idempotency where user_id = $1 and key = $2 and made = $3;

-- name: find_abandoned
select document_id as id from unfilled where begun_at < now() - $1::interval order by begun_at limit $2;
