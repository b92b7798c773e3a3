-- migrate:up
set local lock_timeout = '4s';

-- Since when a mail about it is due, if nobody has read it; null when there is nothing to send any more, as for all that are there.
alter table notification add column mail_due_at timestamptz;

-- migrate:down
alter table notification drop column mail_due_at;
