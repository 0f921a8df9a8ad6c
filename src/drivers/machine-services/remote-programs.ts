import { machineStateFolder } from '../../domain/machine-script.ts';
import { quoted } from '../../domain/shell-text.ts';

/** How the programs below answer. */
export const remoteStatus = {
  /** Some log was printed; the run goes on. */
  goesOn: 20,
  done: 21,
  failed: 22,
  /** The machine knows nothing of the run, and nothing is on its way that would begin it. */
  unknown: 23,
  /** It says that it runs, and nobody does. */
  killed: 24,
  /** Its state is done, and one of its containers is not there any more. */
  incomplete: 25,
  /** Docker does not answer. */
  dockerSilent: 26,
} as const;

const folder = machineStateFolder;

const opening = (run: string): string => `
umask 077
folder=${folder}
run=${quoted(run)}
state=
status=
read_state() { state=; status=; [ ! -e "$folder/$run.state" ] || read -r state status <"$folder/$run.state" || true; }
read_state`;

/** User-data may still come to it: cloud-init is at work. */
const cloudInitWorks = `
cloud_init_works() {
  [ -d /run/cloud-init ] && [ ! -e /run/cloud-init/disabled ] && [ ! -e /run/cloud-init/result.json ]
}`;

/**
 * Sends the settings to a run that has begun or is about to: `goesOn`; of another nothing is done: `unknown`. One that has ended
 * counts only where it can have been begun for us.
 */
export const joinRun = (
  run: string,
  files: Readonly<Record<string, string>>,
  mayHaveEnded: boolean,
): string => `${opening(run)}${cloudInitWorks}
case "$state" in
  done | failed) return ${mayHaveEnded ? remoteStatus.goesOn : remoteStatus.unknown} ;;
  ended) return ${remoteStatus.unknown} ;;
  running) ;;
  *) cloud_init_works || return ${remoteStatus.unknown} ;;
esac
${sendSettings(files)}
return ${remoteStatus.goesOn}`;

/** Sends the settings; with a script, begins the run. Nothing is done twice, and nothing when it has ended. */
export const beginRun = (
  run: string,
  files: Readonly<Record<string, string>>,
  script: string | undefined,
): string => `${opening(run)}
case "$state" in done | failed) return 0 ;; esac
${sendSettings(files)}
${script === undefined ? '' : startScript(script)}`;

/** Once only: what the run does not need any more it has deleted. */
function sendSettings(files: Readonly<Record<string, string>>): string {
  const written = Object.entries(files).map(([name, text]) => `printf %s ${quoted(text)} >"$settings/"${quoted(name)}`);
  return `set -e
settings="$folder/$run.settings"
if [ ! -e "$settings/complete" ]; then
mkdir -p "$settings"
${written.join('\n')}
: >"$settings/complete"
fi`;
}

const startScript = (script: string): string => `
mkdir "$folder/$run.begun" 2>/dev/null || return 0
printf %s ${quoted(script)} >"$folder/$run.sh"
if command -v bash >/dev/null && command -v setsid >/dev/null && command -v flock >/dev/null; then
  setsid bash "$folder/$run.sh" </dev/null >/dev/null 2>&1 &
else
  echo "the machine has no bash, setsid or flock" >"$folder/$run.log"
  echo "failed 70" >"$folder/$run.state"
fi`;

/**
 * Prints the log from a byte offset on as it grows, and answers when the run has ended or \`seconds\` are over. The state is read
 * before the log each time, so all that was written before the end is printed.
 */
export const followRun = (run: string, offset: number, seconds: number): string => `${opening(run)}${cloudInitWorks}
offset=${offset}
turns=0
print_new() {
  size=$(stat -c %s "$folder/$run.log" 2>/dev/null || echo 0)
  [ "$size" -gt "$offset" ] || return 0
  tail -c "+$((offset + 1))" "$folder/$run.log" | head -c "$((size - offset))"
  offset=$size
}
nobody_runs() { # a run holds the lock from before its state says so until after it says something else
  [ -e "$folder/lock" ] && flock -n "$folder/lock" true
}
while [ "$turns" -lt ${seconds * 10} ]; do
  free=
  if [ "$((turns % 20))" = 19 ] && [ "$state" = running ] && nobody_runs; then free=yes; fi
  read_state
  print_new || return ${remoteStatus.goesOn}
  case "$state" in
    done) return ${remoteStatus.done} ;;
    failed) echo "$status" >&2; return ${remoteStatus.failed} ;;
    running) [ -z "$free" ] || return ${remoteStatus.killed} ;;
    ended) return ${remoteStatus.unknown} ;;
    *)
      if [ ! -d "$folder/$run.begun" ] && ! cloud_init_works; then
        # Nobody comes for them any more.
        rm -rf "$folder/$run.settings"
        return ${remoteStatus.unknown}
      fi
      ;;
  esac
  turns=$((turns + 1))
  sleep 0.1
done
return ${remoteStatus.goesOn}`;

/** Whether the run is done and its containers are there. */
export const checkRun = (run: string, services: readonly string[]): string => `${opening(run)}
[ "$state" = done ] || { [ -z "$state" ] && return ${remoteStatus.unknown} || return ${remoteStatus.goesOn}; }
${services.length === 0 ? `return ${remoteStatus.done}` : checkContainers(services)}`;

const checkContainers = (services: readonly string[]): string => `
there=$(docker ps -a --filter label=shining-wizard --format '{{.Names}} {{.State}}') || return ${remoteStatus.dockerSilent}
for one in ${services.map(quoted).join(' ')}; do
  case "
$there
" in
    *"
$one running
"* | *"
$one restarting
"* | *"
$one paused
"*) ;;
    *) echo "$one"; return ${remoteStatus.incomplete} ;;
  esac
done
return ${remoteStatus.done}`;

/** Ends the run if it still goes on, takes away its containers and all that it knows. User-data that comes late finds that it is over. */
export const endRun = (run: string, isUserData: boolean): string => `${opening(run)}
for file in $(grep -lzxF "WIZARD_RUN=$run" /proc/[0-9]*/environ 2>/dev/null); do
  pid=\${file#/proc/}
  kill -KILL "\${pid%/environ}" 2>/dev/null
done
if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
  docker ps -aq --filter label=shining-wizard | xargs -r docker rm -fv >/dev/null
fi
rm -rf "$folder/$run".*
${isUserData ? `mkdir -p "$folder" && echo 'ended 0' >"$folder/$run.state"` : ''}
return 0`;
