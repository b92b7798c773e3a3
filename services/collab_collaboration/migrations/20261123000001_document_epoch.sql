-- migrate:up

-- Adding these columns needs the table for itself, for a moment. Who waits for that (behind a dump, say) makes everybody else
-- wait too; so it does not wait long, and fails, to be run again.
set local lock_timeout = '4s';

-- `epoch` tells the lives of a document apart (`epoch.py`). Operations up to number `epoch_base` belong to former lives, and the
-- snapshot of that number, if it is not 0, is the state this one began with. A constant default is written to no row.
alter table document
    add column epoch integer not null default 0,
    add column epoch_base bigint not null default 0;

-- At random, so that a document whose row was lost and made again is told from the one it was.
alter table document alter column epoch set default 1 + floor(random() * 67108863)::integer;

-- Not valid: rows that are there fulfil them by their defaults, and need not be read to prove it.
alter table document
    add constraint document_epoch_in_range check (epoch between 0 and 67108863) not valid,
    add constraint document_epoch_within_log check (epoch_base between 0 and base) not valid;

-- migrate:down
alter table document
    drop column epoch,
    drop column epoch_base;
