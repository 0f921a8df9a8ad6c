#!/usr/bin/env bash
# Installs moto, an imitation of AWS that others wrote. Debian has it since 13: an older one takes that package from the same mirror and
# unpacks it into a folder of its own, so that apt never mixes two releases. It is pure Python; its needs come from the release here.
set -euo pipefail
home=/usr/local/lib/shining-wizard/moto
release=trixie
packages=(python3-flask python3-flask-cors python3-boto3 python3-cryptography python3-responses python3-xmltodict)
fetch=(apt-get -qq)

if [ -f /usr/lib/python3/dist-packages/moto/server.py ] || [ -f "$home/usr/lib/python3/dist-packages/moto/server.py" ]; then
  echo "moto is there"
  exit 0
fi
if apt-cache show python3-moto >/dev/null 2>&1; then
  bash "$(dirname "$0")/apt-install.sh" python3-moto python3-flask-cors
  exit 0
fi
bash "$(dirname "$0")/apt-install.sh" "${packages[@]}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mirror=$(apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian|//p' | head -n 1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$work/sources.list"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
touch "$work/status"
# apt with lists, a cache and a status of its own: the machine's stay as they are.
own=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State=$work" -o "Dir::State::lists=$work/lists")
own+=(-o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none)
cd "$work"
"${fetch[@]}" "${own[@]}" update
"${fetch[@]}" "${own[@]}" download python3-moto >/dev/null
mkdir -p "$home"
dpkg-deb -x python3-moto_*.deb "$home"
echo "moto $(dpkg-deb -f python3-moto_*.deb Version) is in $home"
