import { readFile, realpath } from 'node:fs/promises';
import { orMissing } from '../path-kind.ts';
import { runCommand } from '../run-command.ts';

const limitMs = 60_000;

/** The kind of file system that is mounted exactly here (`overlay`, `xfs`), the topmost; `undefined` when none is. */
export async function mountedAt(path: string): Promise<string | undefined> {
  const found = await mountLine(path);
  return found === undefined ? undefined : / - (\S+) /.exec(found)?.[1];
}

/** What is mounted exactly here, the topmost: `/dev/loop3`. */
export async function mountSource(path: string): Promise<string | undefined> {
  const found = await mountLine(path);
  return found === undefined ? undefined : / - \S+ (\S+)/.exec(found)?.[1];
}

/** Whether something is mounted that shows what is, or was, in this folder. */
export async function isLaidOver(folder: string): Promise<boolean> {
  const below = (path: string): boolean => unescaped(path).startsWith(`${folder}/`);
  return (await mountLines()).some((line) =>
    [...line.matchAll(/[ ,]lowerdir\+?=([^, ]*)/g)].some(([, paths = '']) => paths.split(':').some(below)),
  );
}

/** Takes away all that is mounted here; nothing mounted is fine. What is still open goes when it is closed. */
export async function unmount(path: string): Promise<void> {
  while ((await mountedAt(path)) !== undefined) {
    const { status } = await runCommand(['umount', '--', path], { timeLimitMs: limitMs, allow: () => true });
    if (status !== 0 && (await mountedAt(path)) !== undefined)
      await runCommand(['umount', '--lazy', '--', path], { timeLimitMs: limitMs, doing: 'unmounting a clone' });
  }
}

/** Of the topmost, whatever links lead here. */
async function mountLine(path: string): Promise<string | undefined> {
  const place = (await orMissing(realpath(path))) ?? path;
  return (await mountLines()).findLast((line) => placeOf(line) === place);
}

const mountLines = async (): Promise<string[]> => (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
const placeOf = (line: string): string => unescaped(line.split(' ')[4] ?? '');

/** `\040` of a path with a space. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
