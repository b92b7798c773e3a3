-- migrate:up transaction:false
-- As for `document_to_purge`: a crash leaves it unfinished.
create index concurrently if not exists notification_mail_due on notification (mail_due_at, person)
where mail_due_at is not null;

-- migrate:down transaction:false
drop index concurrently if exists notification_mail_due;
