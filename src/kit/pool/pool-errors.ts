import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import { runCommand } from '../run-command.ts';

const limitMs = 5 * 60_000;

/** Runs a program that makes or mounts pools, and says what this machine lacks when it cannot. */
export async function orNoPool(argv: readonly string[], doing: string): Promise<void> {
  mustBeRoot(doing);
  try {
    await runCommand(argv, { timeLimitMs: limitMs, doing });
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'command/not-found')
      throw noPool(doing, `this machine has no ${argv[0]}`, 'Install xfsprogs and mount (util-linux).', cause);
    if (!code.startsWith('command/')) throw cause;
    throw noPool(
      doing,
      'this machine cannot',
      'Its kernel must know XFS, and a container must be allowed to mount. Or put the data directory on XFS or btrfs.',
      cause,
    );
  }
}

export function mustBeRoot(doing: string): void {
  if (process.getuid?.() !== 0) throw noPool(doing, 'only root may', 'Run it as root, such as with sudo.');
}

export const noPool = (doing: string, why: string, hint: string, cause?: unknown): WizardError =>
  new WizardError(`${doing}: ${why}`, {
    code: 'clone/no-pool',
    remedy: 'fix-setup',
    hint,
    ...(cause === undefined ? {} : { cause }),
  });

export const poolSize = (doing: string, why: string, hint: string): WizardError =>
  new WizardError(`${doing}: ${why}`, { code: 'clone/pool-size', remedy: 'fix-setup', hint });
