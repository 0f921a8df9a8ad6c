#!/usr/bin/env bash
# Installs those of the packages that are missing, on Debian with root: apt-install.sh PACKAGE …
# None of their daemons is started now: tests start what they need themselves. Where the machine has a policy for that, the policy counts.
set -euo pipefail
missing=()
for package in "$@"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

policy=/usr/sbin/policy-rc.d
# One that names this script was left by a run that was killed.
if [ ! -e "$policy" ] || grep -q apt-install.sh "$policy"; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\n# While apt-install.sh runs, no daemon is started.\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=400 update -qq
apt-get -o DPkg::Lock::Timeout=400 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
