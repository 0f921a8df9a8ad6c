import { standBackBy } from '../stand-session-back.ts';

/**
 * Runs a command so that how it ended can be read after our own death. Constant: what differs comes as arguments.
 * The pid file is made exclusively (`set -C`), so of two wrappers for one run only the first goes on.
 * The status is whole with its line end, so nothing need be renamed: a program less to start at the end of each run.
 * TERM is caught, not ignored: the command gets it as usual, and the wrapper stays to write down how that ended.
 * What stands back does so by `nice`, which becomes the command: told from outside, half have begun before that on a busy machine.
 * When the machine itself runs out of memory, what pull requests run is to go before the server (`oom_score_adj`).
 */
const script = `
directory=$1; group=$2; back=$3; shift 3
trap : TERM INT HUP
set -C
read -r stat <"/proc/$$/stat" || exit 70
printf '%s\\n' "$stat" 2>/dev/null >"$directory/pid" || exit 0
set +C
{ echo 300 >/proc/self/oom_score_adj; } 2>/dev/null
if [ -n "$group" ] && ! echo 0 >"$group/cgroup.procs"; then echo 'wizard: runs outside its control group' >&2; fi
if [ -n "$back" ] && command -v nice >/dev/null; then set -- nice -n "$back" -- "$@"; fi
"$@"
status=$?
printf '%s\\n' "$status" >"$directory/status"
exit "$status"
`;

export interface WrapAbout {
  readonly directory: string;
  /** Directory of the control group to join; '' for none. */
  readonly group: string;
  readonly standsBack: boolean;
  readonly argv: readonly string[];
}

/** The arguments that run `argv` under the wrapper. */
export const wrapped = ({ directory, group, standsBack, argv }: WrapAbout): readonly [string, ...string[]] => [
  '/bin/sh',
  '-c',
  script,
  'wizard-run',
  directory,
  group,
  standsBack ? String(standBackBy) : '',
  ...argv,
];
