-- migrate:up

-- No foreign keys: an entry outlives the account it is about.
create table audit (
    id uuid primary key default uuidv7(),
    event text not null constraint audit_event_length check (char_length(event) between 1 and 60),
    account uuid,
    actor uuid,
    address text,
    user_agent text,
    at timestamptz not null default now(),
    detail jsonb not null default '{}'
);
create index audit_account on audit (account, id desc);
create index audit_at on audit (at);

-- Entries are added, and removed when they are old; nothing else happens to them.
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('collab.purging_audit', true) = 'yes'
        and old.at < now() - interval '29 days' then
        return old;
    end if;
    raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_append_only before update or delete on audit
for each row execute function refuse_audit_change();
create trigger audit_no_truncate before truncate on audit
for each statement execute function refuse_audit_change();

-- The one way to remove entries: some of those older than `keep`, which is 30 days or more. The answer is how many.
create function purge_audit(keep interval, most integer) returns bigint language plpgsql as $$
declare
    removed bigint;
begin
    if keep < interval '30 days' then
        raise exception 'audit entries are kept for 30 days at least' using errcode = 'insufficient_privilege';
    end if;
    perform set_config('collab.purging_audit', 'yes', true);
    delete from audit where id in (select id from audit where at < now() - keep order by at limit most);
    get diagnostics removed = row_count;
    perform set_config('collab.purging_audit', '', true);
    return removed;
end
$$;

-- migrate:down
drop table audit;
drop function purge_audit(interval, integer);
drop function refuse_audit_change();
