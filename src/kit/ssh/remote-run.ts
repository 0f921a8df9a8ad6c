import { quoted } from '../../domain/shell-text.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { CommandOutput, lastLines } from '../command-output.ts';
import { type CommandAbout, type CommandAnswer, runCommand } from '../run-command.ts';
import { explainRefusal } from './explain-refusal.ts';
import type { SshLogin } from './ssh-login.ts';

export interface RemoteAbout
  extends Pick<CommandAbout, 'signal' | 'timeLimitMs' | 'input' | 'maxOutputBytes' | 'overflow' | 'clock'> {
  /** For messages: `looking at the services`. */
  readonly doing: string;
  /** Says which statuses beside 0 are answers and not errors. */
  readonly allow?: (status: number) => boolean;
  /** Is given what the command prints, as it comes. */
  readonly onOutput?: (piece: Buffer) => void;
  /** More `-o` settings, `Name=value`. */
  readonly options?: readonly string[];
}

/** Printed before the command runs. What a login shell prints on its own comes before it, what `ssh` could not do comes without it. */
const mark = '--shining-wizard-runs--\n';
const mostBeforeMark = 64 * 1024;
/** `ssh` keeps 255 for its own failures. */
const statusForSsh = 255;
const connectSeconds = 4;
/** Where the login says that connections are held, the first one stays for whoever follows; without that this does nothing. */
const holding = ['ControlMaster=auto', 'ControlPersist=60'];

/** The arguments as one text for the shell that `sshd` starts; a command that ends with 255 is answered as 254. */
const remoteCommand = (argv: readonly string[]): string => {
  const wrapped = `printf %s ${quoted(mark)}; "$@"; status=$?; [ "$status" != 255 ] || status=254; exit "$status"`;
  return `exec sh -c ${[wrapped, 'sh', ...argv].map(quoted).join(' ')}`;
};

/**
 * Runs a command on a machine. Throws `ssh/unreachable`, `ssh/dropped` (try again), `ssh/refused`, `ssh/host-key-changed`,
 * `ssh/no-shell` (fix setup), `ssh/command-failed` with the last lines, and what `runCommand` throws.
 */
export async function remoteRun(login: SshLogin, argv: readonly string[], about: RemoteAbout): Promise<CommandAnswer> {
  const { options = [], onOutput, allow, doing, ...rest } = about;
  const afterMark = markReader(onOutput);
  const set = [`ConnectTimeout=${connectSeconds}`, ...holding, ...options].flatMap((option) => ['-o', option]);
  const answer = await runCommand(['ssh', '-F', login.config, ...set, '-T', '--', login.host, remoteCommand(argv)], {
    ...rest,
    doing,
    allow: () => true,
    onOutput: afterMark.add,
  });
  const { status, stderr } = answer;
  if (!afterMark.seen()) throw await whyNothingRan(login, answer, about);
  if (status === statusForSsh) throw brokeOff(login, doing);
  const at = answer.stdout.indexOf(mark);
  const stdout = at < 0 ? answer.stdout : answer.stdout.slice(at + mark.length);
  if (status === 0 || allow?.(status)) return { status, stdout, stderr };
  throw new WizardError(`${doing}: on ${login.host} it ended with status ${status}`, {
    code: 'ssh/command-failed',
    remedy: 'try-again',
    cause: new CommandOutput(lastLines(stderr.trim() === '' ? stdout : stderr)),
  });
}

const noRoot = 97;
const asRoot = `if [ "$(id -u)" = 0 ]; then exec sh -s; fi; sudo -n true 2>/dev/null || exit ${noRoot}; exec sudo -n sh -s`;

/**
 * Runs a program of the shell as root. Its text goes by standard input, so that nothing of it is to be seen in the machine's list of
 * processes, and in one function, so that half of it is never run.
 */
export async function remoteRoot(login: SshLogin, text: string, about: RemoteAbout): Promise<CommandAnswer> {
  const input = `program() {\n${text}\n}\nprogram </dev/null\nexit $?\n`;
  const allow = (status: number): boolean => status === noRoot || about.allow?.(status) === true;
  const answer = await remoteRun(login, ['sh', '-c', asRoot], { ...about, input, allow });
  if (answer.status !== noRoot) return answer;
  throw new WizardError(`${about.doing}: the user may not become root on ${login.host} without a password`, {
    code: 'ssh/not-root',
    remedy: 'fix-setup',
    hint: 'Let the user of this entry under machines use sudo without a password, or sign in as root.',
  });
}

async function whyNothingRan(
  login: SshLogin,
  { status, stdout, stderr }: CommandAnswer,
  { doing, signal }: RemoteAbout,
): Promise<WizardError> {
  if (status === statusForSsh) {
    const why = await explainRefusal(login, doing, signal);
    // It may have answered only just now: what parks for people is said when it was so twice.
    return why.code === 'ssh/refused' && (await letsUsIn(login, signal)) ? brokeOff(login, doing) : why;
  }
  return new WizardError(`${doing}: signing in to ${login.host} works, but no command is run there`, {
    code: 'ssh/no-shell',
    remedy: 'fix-setup',
    hint: 'Its last lines say why; cloud images often want another user than root.',
    cause: new CommandOutput(lastLines(`${stdout}\n${stderr}`)),
  });
}

async function letsUsIn({ config, host }: SshLogin, signal: AbortSignal | undefined): Promise<boolean> {
  const about = { timeLimitMs: 10_000, allow: () => true, ...(signal ? { signal } : {}) };
  const { status } = await runCommand(['ssh', '-F', config, '-T', '--', host, 'true'], about);
  return status === 0;
}

const brokeOff = ({ host }: SshLogin, doing: string): WizardError =>
  new WizardError(`${doing}: the connection to ${host} broke off`, { code: 'ssh/dropped', remedy: 'try-again' });

/** Hands on what comes after the mark, wherever pieces are cut. */
function markReader(onOutput: ((piece: Buffer) => void) | undefined) {
  let before = Buffer.alloc(0);
  let seen = false;
  return {
    seen: () => seen,
    add(piece: Buffer): void {
      if (seen) {
        onOutput?.(piece);
        return;
      }
      before = Buffer.concat([before, piece]).subarray(-mostBeforeMark);
      const at = before.indexOf(mark);
      if (at < 0) return;
      seen = true;
      const rest = before.subarray(at + mark.length);
      if (rest.length > 0) onOutput?.(rest);
    },
  };
}
