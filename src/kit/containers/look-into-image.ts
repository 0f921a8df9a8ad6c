import { WizardError } from '../../domain/wizard-error.ts';
import { dockerEnvironment } from '../docker-environment.ts';
import { runCommand } from '../run-command.ts';
import { sharedWork } from '../shared-work.ts';

/** What is asked of an image: the first of these that it has. Words of ours, never of a recipe. */
export interface ImageAsked {
  readonly users: readonly string[];
  readonly programs: readonly string[];
}

export interface ImageLook {
  readonly uid: number;
  readonly gid: number;
  readonly program: string;
  /** What the program says to `--version`. */
  readonly says: string;
}

const limitMs = 60_000;
const pullMs = 60 * 60_000;
const known = new Map<string, ImageLook>();
const looking = sharedWork<ImageLook>();

/**
 * Looks into an image that keeps the conventions of the official ones, once; one that is not here is pulled, for as long as somebody
 * waits for it. Throws `container/no-image` and `container/wrong-image`.
 */
export async function lookIntoImage(image: string, asked: ImageAsked, signal: AbortSignal): Promise<ImageLook> {
  const key = [image, ...asked.programs].join(' ');
  const seen = known.get(key) ?? (await looking.join(key, signal, (stop) => look(image, asked, stop)));
  known.set(key, seen);
  return seen;
}

async function look(image: string, { users, programs }: ImageAsked, signal: AbortSignal): Promise<ImageLook> {
  await pulled(image, signal);
  const script = [
    `for user in ${users.join(' ')}; do if id -u "$user" >/dev/null 2>&1; then echo "user $(id -u "$user") $(id -g "$user")"; break; fi; done`,
    `for name in ${programs.join(' ')}; do if command -v "$name" >/dev/null; then echo "program $name"; "$name" --version; break; fi; done`,
  ].join('\n');
  const argv = ['docker', 'run', '--rm', '--network=none', '--entrypoint=sh', image, '-c', script];
  const about = { timeLimitMs: limitMs, env: dockerEnvironment(), signal, doing: `looking into the image ${image}` };
  const { stdout } = await runCommand(argv, { ...about, allow: () => true });
  const [, uid, gid] = /^user (\d+) (\d+)$/m.exec(stdout) ?? [];
  const [, program = '', says = ''] = /^program (\S+)\n([\s\S]*)$/m.exec(stdout) ?? [];
  if (program === '') throw wrong(image, `it has no ${programs.join(', nor ')}`);
  if (uid === undefined || gid === undefined || Number(uid) === 0)
    throw wrong(image, `it has no user ${users.join(', nor ')}`);
  return { uid: Number(uid), gid: Number(gid), program, says };
}

async function pulled(image: string, signal: AbortSignal): Promise<void> {
  const about = { timeLimitMs: pullMs, env: dockerEnvironment(), signal };
  try {
    const { status } = await runCommand(['docker', 'image', 'inspect', image], { ...about, allow: () => true });
    if (status !== 0) await runCommand(['docker', 'pull', '--quiet', image], { ...about, doing: `pulling ${image}` });
  } catch (cause) {
    throw new WizardError(`getting the image ${image}`, {
      code: 'container/no-image',
      remedy: 'fix-setup',
      hint: "Is it named rightly, and may the server's user run `docker pull`?",
      cause,
    });
  }
}

const wrong = (image: string, what: string): WizardError =>
  new WizardError(`looking into the image ${image}: ${what}`, {
    code: 'container/wrong-image',
    remedy: 'fix-setup',
    hint: 'Name an image with the conventions of the official ones as `container` in the recipe.',
  });
