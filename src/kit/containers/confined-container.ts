import { WizardError } from '../../domain/wizard-error.ts';
import { dockerEnvironment } from '../docker-environment.ts';
import { runCommand } from '../run-command.ts';
import { networkName } from './private-network.ts';

export interface ConfinedContainer {
  readonly name: string;
  readonly instance: string;
  /** An image's name cannot begin with a hyphen here: it is checked when the spec is read. */
  readonly image: string;
  readonly uid: number;
  readonly gid: number;
  readonly program: string;
  readonly args: readonly string[];
  /** `from:to` or `from:to:ro`. */
  readonly volumes: readonly string[];
  /** Published on loopback alone; missing: it has no network at all. */
  readonly port?: number;
}

const limitMs = 60_000;
/** Each takes Docker some 50 ms. */
const tries = 100;

/** The command that is a service in a container for as long as it runs: without rights, and on no network but its instance's own. */
export function confinedContainer(about: ConfinedContainer): readonly [string, ...string[]] {
  const { name, instance, image, uid, gid, program, args, volumes, port } = about;
  const network =
    port === undefined
      ? ['--network=none']
      : [`--network=${networkName(instance)}`, `--publish=127.0.0.1:${port}:${port}`];
  return [
    'docker',
    'run',
    '--rm',
    `--name=${name}`,
    `--label=wizard.instance=${instance}`,
    `--user=${uid}:${gid}`,
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    // What the image's own entry would do was done by us.
    `--entrypoint=${program}`,
    ...network,
    ...volumes.map((volume) => `--volume=${volume}`),
    image,
    ...args,
  ];
}

/** Takes a container away that outlived its command, and answers when it is gone; none is fine. */
export async function removeContainer(name: string): Promise<void> {
  const argv = ['docker', 'rm', '--force', '--volumes', name];
  const about = { timeLimitMs: limitMs, env: dockerEnvironment(), allow: () => true };
  for (let left = tries; ; left -= 1) {
    const { status, stderr } = await runCommand(argv, about);
    if (status === 0 || /no such container/i.test(stderr)) return;
    // One that ended by itself is being taken away by Docker at this moment.
    if (/already in progress/i.test(stderr) && left > 0) continue;
    throw new WizardError(`taking the container ${name} away: ${stderr.trim().slice(0, 300)}`, {
      code: 'container/not-removed',
      remedy: 'try-again',
    });
  }
}
