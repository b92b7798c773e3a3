-- Queries about identities at providers, read by `collab_kit.database.load_queries` into `oidc.store.Queries`.

-- name: use_identity
update identity set last_used_at = now()
where issuer = $1 and subject = $2
returning account_id;

-- name: insert_identity
-- Of two sign-ins of one new person at once the second finds the first's.
insert into identity (issuer, subject, account_id)
values ($1, $2, $3)
on conflict (issuer, subject) do nothing;

-- name: is_unclaimed
-- An account made for a provider's sign-in that was cut short before it was tied to the provider: nobody can sign in to it.
select
    account.password_hash is null
    and account.verified_at is not null
    and not exists (select from identity where identity.account_id = account.id)
    and not exists (select from passkey where passkey.account_id = account.id) as is_unclaimed
from account
where account.id = $1;
