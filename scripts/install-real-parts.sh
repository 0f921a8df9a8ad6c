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
missing=()
for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=400 update -qq
  apt-get -o DPkg::Lock::Timeout=400 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
bash "$(dirname "$0")/install-moto.sh"
echo "all there after ${SECONDS} s: ${packages[*]}"
