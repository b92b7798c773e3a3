# The first process of the node's namespaces: its own /run and /var, then supervisord over the components.
# Arguments: the directory it owns, the control group, the command that supervises.
set -eu
directory=$1
name=$2
shift 2

# A new peer group: what the runtime mounts is shared with the kubelet and never with the machine.
mount --make-rprivate /
mount --make-rshared /

# containerd, the kubelet, runc and the CNI plug-ins write to fixed places below these two.
mount -t tmpfs -o mode=755 tmpfs /run
mount --bind "$directory/var" /var

# Of the settings that the kubelet insists on, these are the whole machine's. It finds them as it wants them and
# writes nothing (kubelet's setupKernelTunables).
shield() {
    mkdir -p "$directory/sysctl"
    file="$directory/sysctl/$(basename "$1")"
    echo "$2" > "$file"
    mount --bind "$file" "/proc/sys/$1"
}
shield vm/overcommit_memory 1
shield vm/panic_on_oom 0
shield kernel/panic 10
shield kernel/panic_on_oops 1
shield kernel/keys/root_maxkeys 1000000
shield kernel/keys/root_maxbytes 25000000

echo "$name" > /proc/sys/kernel/hostname
echo 1 > /proc/sys/net/ipv4/ip_forward

exec "$@"
