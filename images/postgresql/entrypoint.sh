#!/bin/sh
# Makes the cluster once, then becomes the server. Configuration: /etc/collab/{postgresql,pg_hba}.conf.
set -eu

volume=/var/lib/collab
data=$volume/cluster
configuration=/etc/collab
password=/run/secrets/collab/postgresql-superuser

fail() {
    echo "collab-postgresql: $1" >&2
    exit 78
}

for file in "$configuration/postgresql.conf" "$configuration/pg_hba.conf"; do
    [ -r "$file" ] || fail "$file is missing or cannot be read"
done
[ -w "$volume" ] || fail "$volume is not writable for user $(id -u): give it a volume of that user's or group's"

if [ ! -f "$data/PG_VERSION" ]; then
    [ -s "$password" ] || fail "$password, the superuser's password, is missing or empty"
    [ ! -e "$data" ] || fail "$data is there and is no PostgreSQL cluster: nothing was touched"
    # Made aside and renamed when whole: a start that was cut short leaves nothing half done.
    rm -rf "$volume"/cluster.new.*
    fresh=$(mktemp -d "$volume/cluster.new.XXXXXX")
    initdb --pgdata="$fresh/cluster" --pwfile="$password" \
        --username=postgres \
        --auth=scram-sha-256 \
        --data-checksums \
        --encoding=UTF8 \
        --locale-provider=builtin \
        --builtin-locale=C.UTF-8 \
        --locale=C
    mv "$fresh/cluster" "$data"
    rmdir "$fresh"
    sync "$volume"
fi

server=$(postgres --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
written=$(cat "$data/PG_VERSION")
[ "$server" = "$written" ] || fail "the data was written by PostgreSQL $written, this is PostgreSQL $server: dump it with the old image"

# A volume's group may have been given access to all that is in it, which the server refuses.
chmod 0700 "$data"
exec postgres -D "$data" --config-file="$configuration/postgresql.conf" --hba-file="$configuration/pg_hba.conf" "$@"
