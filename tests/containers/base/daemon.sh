# The first process of a private Docker's namespaces. Arguments: the directory it owns, then dockerd's own.
# A shell stays the first process because it reaps the shims that containerd leaves behind.
set -eu
directory=$1
shift

mount --make-rprivate /
mount --make-rshared /

# dockerd and its containerd also write outside the directories they are given: below /run and /etc/docker.
resolver=$(readlink -f /etc/resolv.conf)
cp "$resolver" "$directory/resolv.conf"
mount -t tmpfs -o mode=755 tmpfs /run
if [ ! -e "$resolver" ]; then
    mkdir -p "$(dirname "$resolver")"
    cp "$directory/resolv.conf" "$resolver"
fi
mkdir -p "$directory/etc-upper" "$directory/etc-work"
# A root file system that cannot carry an overlay keeps the /etc/docker that older versions make.
mount -t overlay -o "lowerdir=/etc,upperdir=$directory/etc-upper,workdir=$directory/etc-work" overlay /etc || true

dockerd "$@" &
wait $!
