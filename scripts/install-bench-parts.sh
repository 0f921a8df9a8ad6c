#!/usr/bin/env bash
# Installs what `npm run bench -- gateway` compares with, on Debian with root: two other gateways, and a load generator. No test needs them.
set -euo pipefail
packages=(nginx-light caddy wrk)
bash "$(dirname "$0")/apt-install.sh" "${packages[@]}"
echo "all there after ${SECONDS} s: ${packages[*]}"
