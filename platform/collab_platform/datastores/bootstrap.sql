-- What PostgreSQL must hold before any service's migration runs: the database, and for each service a role that owns
-- one schema and sees no other. Safe to run again: it then sets the passwords it is given and changes nothing else.
--
-- Run by psql as an administrator, connected to the database `postgres`. The names and passwords come from psql's
-- environment, never from its arguments, where `ps` would show them:
--   COLLAB_BOOTSTRAP_DATABASE, COLLAB_BOOTSTRAP_{AUTH,USER,DOCUMENT,COLLABORATION}_PASSWORD

\set ON_ERROR_STOP on
\set QUIET on
\getenv database COLLAB_BOOTSTRAP_DATABASE
\getenv auth_password COLLAB_BOOTSTRAP_AUTH_PASSWORD
\getenv user_password COLLAB_BOOTSTRAP_USER_PASSWORD
\getenv document_password COLLAB_BOOTSTRAP_DOCUMENT_PASSWORD
\getenv collaboration_password COLLAB_BOOTSTRAP_COLLABORATION_PASSWORD

\pset tuples_only on
\pset format unaligned
\o /dev/null

-- A failing statement is logged with its text, and below that text holds a password.
select set_config('log_min_error_statement', 'panic', false) where current_setting('is_superuser') = 'on';
select set_config('log_statement', 'none', false) where current_setting('is_superuser') = 'on';
-- An administrator who is no superuser (a managed PostgreSQL) may then give schemas to the roles it creates.
set createrole_self_grant = 'set, inherit';

select format('create role %I login', service.role)
from (values ('collab_auth'), ('collab_user'), ('collab_document'), ('collab_collaboration')) as service (role)
where not exists (select from pg_roles where rolname = service.role)
\gexec

alter role collab_auth with login password :'auth_password';
alter role collab_user with login password :'user_password';
alter role collab_document with login password :'document_password';
alter role collab_collaboration with login password :'collaboration_password';

-- The builtin C.UTF-8 sorts alike on every machine and survives an upgrade of the C library; services sort for people.
select format(
    'create database %I template template0 encoding ''UTF8'' locale_provider builtin builtin_locale ''C.UTF-8'' '
    'lc_collate ''C'' lc_ctype ''C''',
    :'database'
)
where not exists (select from pg_database where datname = :'database')
\gexec

\connect :database

revoke all on database :"database" from public;
grant connect on database :"database" to collab_auth, collab_user, collab_document, collab_collaboration;
revoke all on schema public from public;

create schema if not exists auth authorization collab_auth;
create schema if not exists users authorization collab_user;
create schema if not exists document authorization collab_document;
create schema if not exists collaboration authorization collab_collaboration;

alter role collab_auth in database :"database" set search_path = auth, pg_temp;
alter role collab_user in database :"database" set search_path = users, pg_temp;
alter role collab_document in database :"database" set search_path = document, pg_temp;
alter role collab_collaboration in database :"database" set search_path = collaboration, pg_temp;
