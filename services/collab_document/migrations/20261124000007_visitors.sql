-- migrate:up
set local lock_timeout = '4s';

-- What tickets and passes name a link by; another one with another password, so that who came in by the old password is
-- out. Null: the link's own id.
alter table link add column pass_key uuid;

-- Who comes by a link and has no account is known by the name they give. `link_id` is the link that let the author in;
-- not a reference, for it has to outlive the link.
alter table comment
    add column guest_name text constraint comment_guest_name_length check (char_length(guest_name) between 1 and 60),
    add column link_id uuid;
alter table comment_thread
    add column resolved_guest text
        constraint comment_thread_resolved_guest_length check (char_length(resolved_guest) between 1 and 60);

-- migrate:down
alter table comment_thread drop column resolved_guest;
alter table comment drop column guest_name, drop column link_id;
alter table link drop column pass_key;
