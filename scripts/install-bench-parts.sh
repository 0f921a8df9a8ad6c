#!/usr/bin/env bash
# Installs what `npm run bench -- gateway` compares with, on Debian with root: two other gateways, and a load generator. No test needs them.
set -euo pipefail
packages=(nginx-light caddy wrk)
export DEBIAN_FRONTEND=noninteractive
# Neither is to serve on this machine: without a policy Debian would start both.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get -o DPkg::Lock::Timeout=400 update -qq
apt-get -o DPkg::Lock::Timeout=400 install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
echo "all there after ${SECONDS} s: ${packages[*]}"
