/** The text as one word of a POSIX shell, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const opening = `
set -euo pipefail
mkdir -p "$folder"
chmod 700 "$folder"
exec 9>"$folder/lock"
flock 9
exec >>"$folder/$claim.log" 2>&1
say() { printf '== %s\\n' "$*"; }
state() { printf '%s %s %s\\n' "$claim" "$1" "$2" >"$folder/state.new" && mv "$folder/state.new" "$folder/state"; }
ending() {
  local status=$?
  rm -rf "$folder/settings"
  if [ "$status" = 0 ]; then state done 0; else say "failed with status $status"; state failed "$status"; fi
}
trap ending EXIT
state running 0
mkdir -p "$root"
within() { # SECONDS WHAT COMMAND…: tries until it succeeds
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || { say "$what: it took too long"; return 1; }
    sleep 0.2
  done
}`;

const docker = `
if ! command -v docker >/dev/null; then
  say "installing Docker"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update -q
  apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends docker.io curl ca-certificates
fi
systemctl start docker 9>&- || service docker start 9>&-
within 120 "waiting for Docker" docker info
pull() { # SERVICE IMAGE
  docker image inspect "$2" >/dev/null 2>&1 || docker pull -q "$2" >/dev/null || say "$1: $2 cannot be pulled yet"
}
running=()
run() { # SERVICE FUNCTION: beside the others
  (set -euo pipefail; trap - EXIT; "$2" 9>&-) &
  running+=("$1:$!")
}
answers() { # SERVICE COMMAND PORT
  local until=$((SECONDS + 3600))
  docker logs -f "$1" 2>&1 | sed -u "s/^/$1: /" &
  until if [ -n "$2" ]; then docker exec "$1" sh -c "$2"; else (: <"/dev/tcp/127.0.0.1/$3"); fi >/dev/null 2>&1; do
    if [ "$(docker inspect -f '{{.State.Running}}' "$1")" != true ]; then
      say "$1: it ended by itself"
      return 1
    fi
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
  docker update --restart on-failure "$1" >/dev/null
  say "$1 answers"
}
fetch_dump() { # FILE-WITH-DUMP_URL FOLDER
  local url
  url=$(sed -n 's/^DUMP_URL=//p' "$1")
  printf 'url = "%s"\\n' "$url" | curl --fail --silent --show-error --location --retry 3 --config - --output "$2/fetched"
  case $(head -c 4 "$2/fetched" | od -An -tx1 | tr -d ' \\n') in
    1f8b*) gzip -t "$2/fetched"; mv "$2/fetched" "$2/dump.sql.gz" ;;
    28b52ffd) zstd -dcq "$2/fetched" | gzip -1 >"$2/dump.sql.gz"; rm "$2/fetched" ;;
    *) mv "$2/fetched" "$2/dump.sql" ;;
  esac
}`;

const settings = `
say "waiting for the settings of the services"
within 1800 "waiting for the settings of the services" test -e "$folder/settings/complete"`;

const waiting = `
failed=0
for one in "\${running[@]}"; do
  wait "\${one#*:}" || { say "\${one%%:*} failed"; failed=1; }
done
[ "$failed" = 0 ]
say "all services answer"`;

/** The parts of a machine's script that are the same for all. */
export const plainShell = { opening, docker, settings, waiting };
