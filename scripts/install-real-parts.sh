#!/usr/bin/env bash
# Installs the real parts that some tests run against, on Debian with root. Elsewhere: install them by hand.
set -euo pipefail
packages=(git postgresql python3-botocore openssh-server shellcheck)
# The machine bed: engine and base image, the article's own tools, a name server.
packages+=(mmdebstrap ansible-core capistrano bind9 bind9-dnsutils knot pdns-server pdns-backend-sqlite3 sqlite3 openssh-client socat iptables iproute2 procps)
# Databases and caches, and file systems to clone them on.
packages+=(mariadb-server xfsprogs btrfs-progs e2fsprogs redis-server memcached)
# Shells that complete a line, and the browser that people look with.
packages+=(fish zsh chromium)
command -v dockerd >/dev/null || packages+=(docker.io)
bash "$(dirname "$0")/apt-install.sh" "${packages[@]}"
bash "$(dirname "$0")/install-moto.sh"
echo "all there after ${SECONDS} s: ${packages[*]}"
