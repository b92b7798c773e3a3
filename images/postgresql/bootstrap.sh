#!/bin/sh
# Makes database, roles and schemas (bootstrap.sql, safe to run again) in the PostgreSQL that PG* of the environment
# name. Waits up to COLLAB_WAIT_S seconds for it. Passwords come from files and go through the environment of psql alone.
set -eu

secrets=/run/secrets/collab
deadline=$(($(date +%s) + ${COLLAB_WAIT_S:-300}))

secret() {
    if [ ! -s "$secrets/$1" ]; then
        echo "collab-bootstrap: $secrets/$1 is missing or empty" >&2
        exit 78
    fi
    cat "$secrets/$1"
}

: "${PGHOST:?collab-bootstrap: PGHOST must name the server}"
export PGUSER="${PGUSER:-postgres}" PGDATABASE=postgres PGCONNECT_TIMEOUT="${PGCONNECT_TIMEOUT:-10}"
export PGAPPNAME=collab-bootstrap

PGPASSWORD=$(secret postgresql-superuser)
COLLAB_BOOTSTRAP_AUTH_PASSWORD=$(secret postgresql-auth)
COLLAB_BOOTSTRAP_USER_PASSWORD=$(secret postgresql-user)
COLLAB_BOOTSTRAP_DOCUMENT_PASSWORD=$(secret postgresql-document)
COLLAB_BOOTSTRAP_COLLABORATION_PASSWORD=$(secret postgresql-collaboration)
export PGPASSWORD COLLAB_BOOTSTRAP_AUTH_PASSWORD COLLAB_BOOTSTRAP_USER_PASSWORD COLLAB_BOOTSTRAP_DOCUMENT_PASSWORD
export COLLAB_BOOTSTRAP_COLLABORATION_PASSWORD
export COLLAB_BOOTSTRAP_DATABASE="${COLLAB_BOOTSTRAP_DATABASE:-collab}"

until pg_isready --quiet --timeout="$PGCONNECT_TIMEOUT"; do
    if [ "$(date +%s)" -ge "$deadline" ]; then
        # Tried once more for what it has to say.
        psql --no-psqlrc --no-password --command 'select 1' >/dev/null || true
        echo "collab-bootstrap: PostgreSQL at $PGHOST did not answer within ${COLLAB_WAIT_S:-300} s" >&2
        exit 1
    fi
    sleep 1
done
psql --no-psqlrc --no-password --set=ON_ERROR_STOP=1 --file=/usr/share/collab/bootstrap.sql
echo "collab-bootstrap: database $COLLAB_BOOTSTRAP_DATABASE, roles and schemas are there"
