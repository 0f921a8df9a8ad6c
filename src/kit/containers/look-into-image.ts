import { WizardError } from '../../domain/wizard-error.ts';
import type { SystemOwner } from '../closed-folder.ts';
import { dockerEnvironment } from '../docker-environment.ts';
import { runCommand } from '../run-command.ts';
import { sharedWork } from '../shared-work.ts';

const limitMs = 60_000;
const pullMs = 60 * 60_000;
/** What Docker answers for itself, and not for the program. */
const ofDocker = 125;
const known = new Map<string, Map<string, string>>();
const asking = sharedWork<string>();

/**
 * What a program of an image says to `--version`. Images are asked once; one that is not here is pulled, for as long as somebody
 * waits for it. Throws `container/no-image` and `container/wrong-image`.
 */
export const versionInImage = (image: string, program: string, signal: AbortSignal): Promise<string> =>
  answerOf(image, { argv: [program, '--version'], missing: `it has no ${program}` }, signal);

/** The user of an image, never root, whom servers of the official images run as. Else as `versionInImage`. */
export async function userInImage(image: string, user: string, signal: AbortSignal): Promise<SystemOwner> {
  const missing = `it has no user ${user}`;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (what) => Number(await answerOf(image, { argv: ['id', what, user], missing }, signal))),
  );
  if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { uid, gid };
  throw wrong(image, missing);
}

/** Whoever asks next sees what is under this name by now: somebody may have pulled a newer one, or deleted it. */
export const lookAnew = (image: string): void => void known.delete(image);

/** Words of ours, never of a recipe. */
interface Question {
  readonly argv: readonly [string, ...string[]];
  /** What it lacks when it does not answer. */
  readonly missing: string;
}

async function answerOf(image: string, question: Question, signal: AbortSignal): Promise<string> {
  const key = question.argv.join(' ');
  const answers = known.get(image) ?? new Map<string, string>();
  known.set(image, answers);
  const answer =
    answers.get(key) ?? (await asking.join(`${image} ${key}`, signal, (stop) => ask(image, question, stop)));
  answers.set(key, answer);
  return answer;
}

async function ask(
  image: string,
  { argv: [program, ...args], missing }: Question,
  signal: AbortSignal,
): Promise<string> {
  await pulled(image, signal);
  const argv = ['docker', 'run', '--rm', '--network=none', `--entrypoint=${program}`, image, ...args];
  const { status, stdout } = await runCommand(argv, {
    ...{ timeLimitMs: limitMs, env: dockerEnvironment(), signal, doing: `looking into the image ${image}` },
    allow: (code) => code !== ofDocker,
  });
  if (status === 0) return stdout;
  throw wrong(image, missing);
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
    hint: 'Name an image with the conventions of the official ones as `container`.',
  });
