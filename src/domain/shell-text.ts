/** The text as one word of a POSIX shell, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Statuses of a machine's script: what only the operator can mend, and what may go better another time. */
export const scriptStatus = { setup: 70, again: 75 } as const;

const opening = `
set -euo pipefail
umask 022
export HOME="\${HOME:-/root}"
# In a session of its own, and all that it starts bears this mark: so it can be found and ended.
if [ "\${WIZARD_RUN-}" != "$claim" ]; then WIZARD_RUN=$claim exec setsid --wait bash "$0"; fi
mkdir -p "$folder"
chmod 700 "$folder"
exec 9>"$folder/lock"
flock 9
case "$(cat "$folder/$claim.state" 2>/dev/null || true)" in done* | failed* | ended*) exit 0 ;; esac
exec >>"$folder/$claim.log" 2>&1 </dev/null
say() { printf '== %s\\n' "$*"; }
state() { printf '%s %s\\n' "$1" "$2" >"$folder/$claim.state.new" && mv "$folder/$claim.state.new" "$folder/$claim.state"; }
ending() {
  local status=$?
  trap - EXIT
  end_others
  rm -rf "$folder/$claim.settings" "$folder/$claim".*.pipe
  if [ "$status" = 0 ]; then state 'done' 0; else say "failed with status $status"; state failed "$status"; fi
}
end_others() {
  local file pid
  for file in $(grep -lzxF "WIZARD_RUN=$claim" /proc/[0-9]*/environ 2>/dev/null || true); do
    pid=\${file#/proc/}
    pid=\${pid%/environ}
    # Not the one that waits for us.
    if [ "$pid" != "$$" ] && [ "$pid" != "$PPID" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}
trap ending EXIT
state running 0
mkdir -p "$root"
within() { # SECONDS WHAT COMMAND…: tries until it succeeds
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$until" ] || { say "$what: it took too long"; return 1; }
    sleep 0.1
  done
}
need() { # PROGRAM PACKAGE…: PACKAGE? only where apt knows it
  ! command -v "$1" >/dev/null || return 0
  say "installing $1"
  local tries package packages
  for tries in 1 2 3 4 5; do
    if apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update -q; then
      packages=()
      for package in "\${@:2}"; do
        if [[ "$package" != *\\? ]] || apt-cache show "\${package%\\?}" >/dev/null 2>&1; then packages+=("\${package%\\?}"); fi
      done
      ! DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "\${packages[@]}" || return 0
    fi
    say "that did not work (try $tries of 5)"
    sleep 3
  done
  return ${scriptStatus.again}
}`;

const memoryDisk = `
memory_disk() { # MB
  say "a disk of $1 MB in memory at /mem"
  touch /etc/fstab
  sed -i '/^tmpfs \\/mem tmpfs /d' /etc/fstab
  echo "tmpfs /mem tmpfs rw,size=$1m,mode=0755 0 0" >>/etc/fstab
  mkdir -p /mem
  if mountpoint -q /mem; then mount -o "remount,size=$1m" /mem; else mount /mem; fi
}`;

const docker = `
# From Debian 13 on its client is a package of its own.
need docker docker.io "docker-cli?" ca-certificates || exit
docker info >/dev/null 2>&1 || env -u WIZARD_RUN systemctl start docker 9>&- || env -u WIZARD_RUN service docker start 9>&- || exit ${scriptStatus.again}
within 120 "waiting for Docker" docker info || exit ${scriptStatus.again}
pull() { # SERVICE IMAGE: without the bars of progress
  docker image inspect "$2" >/dev/null 2>&1 || docker pull -q "$2" >/dev/null || { say "$1: the image $2 cannot be pulled"; return 1; }
}
running=()
run() { # SERVICE FUNCTION: beside the others
  (set -euo pipefail; trap - EXIT; "$2") 9>&- &
  running+=("$1:$!")
}
forget() { # SERVICE: only what we made, whatever else has its name
  docker ps -aq --filter "label=shining-wizard=$1" | xargs -r docker rm -fv >/dev/null
}
greets() { # PORT: whether the server there speaks first, as MySQL does
  (exec 3<>"/dev/tcp/127.0.0.1/$1" && IFS= read -r -t 2 -n 1 -u 3 -d '' letter && [ -n "$letter" ]) 2>/dev/null
}
asked() { # SERVICE COMMAND PORT GREETS
  [ "$4" = no ] || greets "$3" || return 1
  if [ -n "$2" ]; then docker exec "$1" sh -c "$2"; else (: <"/dev/tcp/127.0.0.1/$3"); fi >/dev/null 2>&1
}
answers() { # SERVICE COMMAND PORT GREETS
  local until=$((SECONDS + 3600)) pipe="$folder/$claim.$1.pipe" follow prefix
  rm -f "$pipe"
  mkfifo "$pipe"
  # Opened here: opening waits for the other side, which may be ended before it comes to that.
  exec 8<>"$pipe" 6<"$pipe" 7>"$pipe" 8>&-
  rm -f "$pipe"
  sed -u "s/^/$1: /" <&6 6<&- 7>&- &
  prefix=$!
  docker logs -f "$1" >&7 2>&1 6<&- 7>&- &
  follow=$!
  exec 6<&- 7>&-
  until asked "$@"; do
    if ! kill -0 "$follow" 2>/dev/null && [ "$(docker inspect -f '{{.State.Running}}' "$1" 2>&1)" != true ]; then
      wait "$prefix" || true
      say "$1: its container ended by itself, with status $(docker inspect -f '{{.State.ExitCode}}' "$1" 2>&1)"
      return 1
    fi
    [ "$SECONDS" -lt "$until" ] || { say "$1: it does not answer"; return 1; }
    sleep 0.1
  done
  kill "$follow" 2>/dev/null || true
  wait "$prefix" || true
  docker update --restart on-failure "$1" >/dev/null
  say "$1 answers"
}`;

const dumps = `
dump_mysql() { # SERVICE IMAGE FOLDER marked|unmarked HOST PORT WORD…: a dump that ends as a whole one does, or a word on why not
  local name=$1 image=$2 to=$3 marked=$4 host=$5 port=$6 status=0
  shift 6
  if ! timeout 10 bash -c ': <"/dev/tcp/$1/$2"' bash "$host" "$port" 2>/dev/null; then
    say "$name: the database to dump from, $host port $port, cannot be reached from this machine"
    return ${scriptStatus.setup}
  fi
  { docker run --rm --network host --label "shining-wizard=$name" --env-file "$folder/$claim.settings/$name.dump" \\
    --entrypoint mysqldump "$image" "$@" | tee /dev/fd/3 | gzip -1 >"$to/dump.sql.gz"; } 3>&1 | tail -c 400 >"$to/../dump.end" || status=$?
  rm -f "$folder/$claim.settings/$name.dump"
  case $status in
    0) ;;
    1 | 12[5-7]) say "$name: the dump could not be taken or kept"; return 1 ;;
    *) say "$name: the database to dump from refused, or broke off"; return ${scriptStatus.setup} ;;
  esac
  if [ "$marked" = marked ] && ! grep -q '^-- Dump completed' "$to/../dump.end"; then
    say "$name: the dump was cut off in the middle"
    return ${scriptStatus.again}
  fi
  say "$name: the dump is here, $(du -h "$to/dump.sql.gz" | cut -f1) compressed"
}
fetch_dump() { # SERVICE FOLDER
  local url answer status=0
  need curl curl ca-certificates || return
  url=$(sed -n 's/^DUMP_URL=//p' "$folder/$claim.settings/$1.dump")
  url=\${url//\\\\/\\\\\\\\}
  answer=$(printf 'url = "%s"\\n' "\${url//\\"/\\\\\\"}" |
    curl --fail --silent --show-error --location --globoff --retry 3 --connect-timeout 20 --config - \\
      --output "$2/fetched" --write-out '%{http_code}') || status=$?
  rm -f "$folder/$claim.settings/$1.dump"
  case $status in
    0) ;;
    22) say "$1: the dump is not to be had: its server answers $answer"; return ${scriptStatus.setup} ;;
    5 | 6 | 7 | 28) say "$1: the server of the dump cannot be reached from this machine"; return ${scriptStatus.setup} ;;
    18 | 52 | 55 | 56 | 92) say "$1: the dump was cut off in the middle"; return ${scriptStatus.again} ;;
    23) say "$1: the dump could not be kept"; return 1 ;;
    *) say "$1: the dump could not be fetched (status $status of curl)"; return ${scriptStatus.setup} ;;
  esac
  case $(head -c 4 "$2/fetched" | od -An -tx1 | tr -d ' \\n') in
    1f8b*) gzip -dcq "$2/fetched" | tail -c 400 >"$2/../dump.end" && mv "$2/fetched" "$2/dump.sql.gz" || status=1 ;;
    28b52ffd)
      need zstd zstd || return
      { zstd -dcq "$2/fetched" | tee /dev/fd/3 | gzip -1 >"$2/dump.sql.gz"; } 3>&1 | tail -c 400 >"$2/../dump.end" && rm "$2/fetched" || status=1
      ;;
    *) tail -c 400 "$2/fetched" >"$2/../dump.end" && mv "$2/fetched" "$2/dump.sql" || status=1 ;;
  esac
  # One that says where it ends may have been cut off before it was compressed.
  if [ "$status" = 0 ] && (set +o pipefail; gzip -cdfq "$2"/dump.sql* 2>/dev/null | head -c 400 | grep -aqE '^-- (MySQL|MariaDB|PostgreSQL database|PostgreSQL database cluster) dump') &&
    ! grep -aqE '^-- (Dump completed|PostgreSQL database (cluster )?dump complete)' "$2/../dump.end"; then status=1; fi
  [ "$status" = 0 ] || { say "$1: the fetched dump is damaged or cut off"; return ${scriptStatus.setup}; }
  say "$1: the dump is here, $(du -h "$2"/dump.sql* | cut -f1)"
}`;

const settings = `
say "waiting for the settings of the services"
within 1800 "waiting for the settings of the services" test -e "$folder/$claim.settings/complete" || exit ${scriptStatus.again}
say "the settings are here"`;

const waiting = `
failed=0
worse() { # STATUS: what the author can mend counts first, then what the operator can
  case "$failed $1" in
    "0 "* | "${scriptStatus.again} "*) failed=$1 ;;
    "${scriptStatus.setup} ${scriptStatus.again}") ;;
    "${scriptStatus.setup} "*) failed=$1 ;;
  esac
}
while [ "\${#running[@]}" -gt 0 ] && [ "$failed" = 0 ]; do
  for one in "\${!running[@]}"; do
    ! kill -0 "\${running[$one]#*:}" 2>/dev/null || continue
    status=0
    wait "\${running[$one]#*:}" || status=$?
    [ "$status" = 0 ] || { say "\${running[$one]%%:*} failed"; worse "$status"; }
    unset "running[$one]"
  done
  sleep 0.05
done
[ "$failed" = 0 ] || exit "$failed"
say "all services answer"`;

/** The parts of a machine's script that are the same for all. */
export const plainShell = { opening, memoryDisk, docker, dumps, settings, waiting };
