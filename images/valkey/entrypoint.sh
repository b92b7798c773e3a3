#!/bin/sh
# Becomes the server, configured by /etc/collab/valkey.conf and the password in a file.
set -eu

configuration=/etc/collab/valkey.conf
password=/run/secrets/collab/redis
run=/run/collab

fail() {
    echo "collab-valkey: $1" >&2
    exit 78
}

[ -r "$configuration" ] || fail "$configuration is missing or cannot be read"
[ -s "$password" ] || fail "$password is missing or empty"
[ -w "$run" ] || fail "$run is not writable for user $(id -u)"

umask 077
{
    cat "$configuration"
    # In the quotes of valkey.conf, a backslash stands before itself and before a quote.
    printf '\nrequirepass "%s"\n' "$(sed 's/[\\"]/\\&/g' "$password")"
} > "$run/valkey.conf"
cd "$run"
exec valkey-server "$run/valkey.conf" "$@"
