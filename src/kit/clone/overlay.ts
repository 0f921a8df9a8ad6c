import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';
import { mountedAt } from './mounts.ts';

/** Characters that separate the options of a mount. */
export const canBeOverlaid = (...paths: readonly string[]): boolean => paths.every((path) => !/[:,\\\n]/.test(path));

const layersOf = (folder: string) => ({ upper: join(folder, 'upper'), work: join(folder, 'work') });

/** Mounts `folder/data`: shows what is in `from`, and what is written there lies in `folder/upper`. Mounted already is fine. */
export async function mountOverlay(from: string, folder: string): Promise<void> {
  const data = join(folder, 'data');
  if ((await mountedAt(data)) !== undefined) return;
  const { upper, work } = layersOf(folder);
  for (const path of [upper, work, data]) await mkdir(path, { recursive: true });
  // The folder itself is shown with the owner and mode of the upper one.
  const { uid, gid, mode } = await stat(from);
  await chown(upper, uid, gid);
  await chmod(upper, mode & 0o7777);
  const options = `lowerdir=${from},upperdir=${upper},workdir=${work}`;
  await runCommand(['mount', '-t', 'overlay', '-o', options, 'overlay', data], {
    timeLimitMs: 60_000,
    doing: 'laying a clone over the golden copy',
  });
}
