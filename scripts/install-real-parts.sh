#!/usr/bin/env bash
# Installs the real parts that some tests run against, on Debian with root. Elsewhere: install them by hand.
set -euo pipefail
packages=(git postgresql)
missing=()
for package in "${packages[@]}"; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
echo "all there: ${packages[*]}"
