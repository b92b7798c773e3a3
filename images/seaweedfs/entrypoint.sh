#!/bin/sh
# Becomes SeaweedFS: master, volume server, filer and S3 gateway in one process, of which only S3 is reachable from
# outside. COLLAB_S3_BUCKET names the bucket that the services may use; COLLAB_TLS=on serves S3 with /run/tls.
set -eu

data=/var/lib/collab
run=/run/collab
secrets=/run/secrets/collab

fail() {
    echo "collab-seaweedfs: $1" >&2
    exit 78
}

# A secret as a JSON string; one with control characters in it would be no JSON and is refused.
quoted() {
    [ -s "$secrets/$1" ] || fail "$secrets/$1 is missing or empty"
    ! grep -q '[[:cntrl:]]' "$secrets/$1" || fail "$secrets/$1 holds a control character"
    printf '"%s"' "$(sed 's/[\\"]/\\&/g' "$secrets/$1")"
}

bucket=${COLLAB_S3_BUCKET:-}
expr "$bucket" : '[a-z0-9][a-z0-9.-]\{1,61\}[a-z0-9]$' > /dev/null || fail "COLLAB_S3_BUCKET must name a bucket, it is '$bucket'"
[ -w "$data" ] || fail "$data is not writable for user $(id -u): give it a volume of that user's or group's"
[ -w "$run" ] || fail "$run is not writable for user $(id -u)"

umask 077
secret_key=$(quoted s3)
admin_secret_key=$(quoted s3-admin)
cat > "$run/identities.json" << JSON
{
  "identities": [
    {
      "name": "collab",
      "credentials": [{"accessKey": "collab", "secretKey": $secret_key}],
      "actions": ["Read:$bucket", "Write:$bucket", "List:$bucket", "Tagging:$bucket"]
    },
    {
      "name": "collab-admin",
      "credentials": [{"accessKey": "collab-admin", "secretKey": $admin_secret_key}],
      "actions": ["Admin", "Read", "Write", "List"]
    }
  ]
}
JSON
unset secret_key admin_secret_key

case ${COLLAB_TLS:-off} in
on)
    for file in /run/tls/tls.crt /run/tls/tls.key; do
        [ -r "$file" ] || fail "COLLAB_TLS is on, and $file is missing or cannot be read"
    done
    set -- -s3.cert.file=/run/tls/tls.crt -s3.key.file=/run/tls/tls.key "$@"
    ;;
off) ;;
*) fail "COLLAB_TLS is on or off, not '$COLLAB_TLS'" ;;
esac

# A server that was killed leaves its sockets behind, and would not start over them.
rm -f /tmp/seaweedfs-*.sock "$run"/seaweedfs-*.sock
mkdir -p "$data/objects"
cd "$data/objects"
# A collection gets two volumes at a time, not seven: each counts as full, and a small disk has not space for many.
export WEED_MASTER_VOLUME_GROWTH_COPY_1=2
exec weed -logtostderr=true server \
    -dir="$data/objects" \
    -ip=127.0.0.1 \
    -ip.bind=127.0.0.1 \
    -master.port=9333 \
    -master.port.grpc=19333 \
    -master.peers=none \
    -master.telemetry=false \
    -master.volumeSizeLimitMB=1024 \
    -master.volumePreallocate=false \
    -volume.port=9340 \
    -volume.port.grpc=19340 \
    -volume.max=0 \
    -volume.index=leveldb \
    -volume.preStopSeconds=0 \
    -volume.minFreeSpace=256MiB \
    -filer=true \
    -filer.port=8888 \
    -filer.port.grpc=18888 \
    -filer.disableHttp=true \
    -filer.localSocket="$run/seaweedfs-filer.sock" \
    -s3=true \
    -s3.ip.bind=0.0.0.0 \
    -s3.port=8333 \
    -s3.port.grpc=18333 \
    -s3.port.iceberg=0 \
    -s3.port.lance=0 \
    -s3.iam=false \
    -s3.config="$run/identities.json" \
    -s3.localSocket="$run/seaweedfs-s3.sock" \
    "$@"
