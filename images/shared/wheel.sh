#!/bin/sh
# `wheel.sh PACKAGE DIRECTORY`: one locked package without what it depends on, checked against the hashes of uv.lock;
# and uv.json, the bill of materials of the `local` extra, which all such packages are in.
set -eu

package=$1
directory=$2
uv=/opt/uv/bin/uv
if [ -s /run/secrets/ca ]; then
    export SSL_CERT_FILE=/run/secrets/ca
fi
export UV_NO_CACHE=1 UV_LINK_MODE=copy
select="--quiet --frozen --no-dev --extra local --no-emit-project"
# shellcheck disable=SC2086 # words on purpose
$uv export $select --no-annotate --no-header | sed -n "/^$package==/,/[^\\\\]\$/p" > "$package.txt"
[ -s "$package.txt" ] || { echo "wheel.sh: uv.lock has no $package" >&2; exit 1; }
$uv pip install --quiet --no-deps --require-hashes --only-binary :all: --python /usr/bin/python3 --target "$directory" -r "$package.txt"
# shellcheck disable=SC2086 # words on purpose
$uv export $select --format cyclonedx1.5 --output-file uv.json
