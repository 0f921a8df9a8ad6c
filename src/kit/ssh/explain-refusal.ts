import { dirname } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { runCommand } from '../run-command.ts';
import { keysIn, pinnedKeys, type SshLogin } from './ssh-login.ts';

const scanSeconds = 3;

/**
 * Why `ssh` ended with 255 before anything ran, told by asking again and not by its words: no host key is shown → nothing answers;
 * another one → it has changed; the right one → our key is refused.
 */
export async function explainRefusal(login: SshLogin, doing: string, signal?: AbortSignal): Promise<WizardError> {
  const { port, user } = await settingsOf(login, signal);
  const about = { doing, timeLimitMs: (scanSeconds + 2) * 1000, allow: () => true, ...(signal ? { signal } : {}) };
  const argv = ['ssh-keyscan', '-T', String(scanSeconds), '-p', port, '-t', 'ed25519,ecdsa,rsa', '--', login.host];
  const shown = keysIn((await runCommand(argv, about)).stdout);
  const pinned = await pinnedKeys(login.config);
  if (shown.length === 0)
    return new WizardError(`${doing}: ${login.host} does not answer on port ${port}`, {
      code: 'ssh/unreachable',
      remedy: 'try-again',
      hint: 'Does the machine run, and may this server reach that port (security group, firewall)?',
    });
  if (pinned.length > 0 && !pinned.some((key) => shown.includes(key)))
    return new WizardError(`${doing}: ${login.host} shows another host key than before`, {
      code: 'ssh/host-key-changed',
      remedy: 'fix-setup',
      hint: `Somebody may stand in between. If the machine really has a new key, remove ${dirname(login.config)} or set host-keys.`,
    });
  return new WizardError(`${doing}: ${login.host} refuses the key for the user ${user}`, {
    code: 'ssh/refused',
    remedy: 'fix-setup',
    hint: 'Compare ssh-key and user of this entry under machines in wizard.yml with what the machine was made with.',
  });
}

/** As `ssh` itself reads the file. */
async function settingsOf({ config, host }: SshLogin, signal?: AbortSignal): Promise<{ port: string; user: string }> {
  const about = { timeLimitMs: 5000, ...(signal ? { signal } : {}) };
  const { stdout } = await runCommand(['ssh', '-G', '-F', config, '--', host], about);
  const read = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(stdout)?.[1] ?? '';
  return { port: read('port') || '22', user: read('user') };
}
