#!/bin/sh
# Last of the steps that make a runtime stage: the user, and nothing that a container has no use for.
# Runs as root in `docker build`; SOURCE_DATE_EPOCH is the time that every file of the layer gets.
set -eu

groupadd --gid 10001 collab
useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin collab
mkdir -p /run/collab /run/secrets/collab /run/tls /run/trust /etc/collab /var/lib/collab /var/cache/collab /usr/share/collab
chown collab:collab /run/collab /var/lib/collab /var/cache/collab

# Pods may not gain privileges; a file that would grant some only worries scanners.
find / -xdev -perm /6000 -type f -exec chmod a-s {} +

apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig /var/lib/dpkg/*-old /var/log/* \
    /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid* /etc/subgid* /tmp/* /root/.cache
# `useradd` dates the password that it does not set.
sed -i 's/^collab:!:[0-9]*:/collab:!:0:/' /etc/shadow
find / -xdev -newermt "@${SOURCE_DATE_EPOCH}" ! -path '/proc/*' ! -path '/sys/*' -exec touch -h -d "@${SOURCE_DATE_EPOCH}" {} + 2>/dev/null || true
